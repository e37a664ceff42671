export function AddressPools() {
  return <p />
}
