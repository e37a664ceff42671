export function MediaImages() {
  return <p />
}
