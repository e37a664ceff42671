export function Template() {
  return <p />
}
