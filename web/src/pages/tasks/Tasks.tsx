export function Tasks() {
  return <p />
}
