export function Disks() {
  return <p />
}
