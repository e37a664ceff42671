export function StoragePool() {
  return <p />
}
