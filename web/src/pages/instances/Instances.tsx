export function Instances() {
  return <p />
}
