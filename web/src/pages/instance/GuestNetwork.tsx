export function GuestNetwork() {
  return <p />
}
