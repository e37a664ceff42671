export function Log() {
  return <p />
}
