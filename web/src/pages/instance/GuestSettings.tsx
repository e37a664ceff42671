export function GuestSettings() {
  return <p />
}
