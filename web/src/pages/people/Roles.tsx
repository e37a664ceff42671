export function Roles() {
  return <p />
}
