export function Groups() {
  return <p />
}
