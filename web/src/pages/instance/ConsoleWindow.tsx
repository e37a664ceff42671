export function ConsoleWindow() {
  return <p />
}
