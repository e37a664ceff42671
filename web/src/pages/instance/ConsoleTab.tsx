export function ConsoleTab() {
  return <p />
}
