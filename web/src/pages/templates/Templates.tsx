export function Templates() {
  return <p />
}
