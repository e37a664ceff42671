export function DiskImage() {
  return <p />
}
