export function ComputePools() {
  return <p />
}
