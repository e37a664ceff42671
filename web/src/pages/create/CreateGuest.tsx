export function CreateGuest() {
  return <p />
}
