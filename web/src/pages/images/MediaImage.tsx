export function MediaImage() {
  return <p />
}
