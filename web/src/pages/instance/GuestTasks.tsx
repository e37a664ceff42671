export function GuestTasks() {
  return <p />
}
