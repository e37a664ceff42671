export function Cell() {
  return <p />
}
