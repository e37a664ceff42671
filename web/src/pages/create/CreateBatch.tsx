export function CreateBatch() {
  return <p />
}
