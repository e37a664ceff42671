export function AddressPool() {
  return <p />
}
