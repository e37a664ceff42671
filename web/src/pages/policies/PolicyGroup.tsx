export function PolicyGroup() {
  return <p />
}
