export function ComputePool() {
  return <p />
}
