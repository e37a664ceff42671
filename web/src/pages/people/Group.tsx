export function Group() {
  return <p />
}
