export function Users() {
  return <p />
}
