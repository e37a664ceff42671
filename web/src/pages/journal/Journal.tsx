export function Journal() {
  return <p />
}
