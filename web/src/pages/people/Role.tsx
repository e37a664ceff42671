export function Role() {
  return <p />
}
