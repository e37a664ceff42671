export function Cells() {
  return <p />
}
