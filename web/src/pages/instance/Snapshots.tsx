export function Snapshots() {
  return <p />
}
