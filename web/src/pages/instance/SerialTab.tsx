export function SerialTab() {
  return <p />
}
