export function DiskImages() {
  return <p />
}
