export function Profile() {
  return <p />
}
