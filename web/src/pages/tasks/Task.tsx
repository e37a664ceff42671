export function Task() {
  return <p />
}
