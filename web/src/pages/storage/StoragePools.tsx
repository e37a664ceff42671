export function StoragePools() {
  return <p />
}
