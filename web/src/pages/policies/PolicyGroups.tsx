export function PolicyGroups() {
  return <p />
}
