export function GuestSecurity() {
  return <p />
}
