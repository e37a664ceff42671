export function Settings() {
  return <p />
}
