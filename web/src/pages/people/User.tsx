export function User() {
  return <p />
}
