export function Performance() {
  return <p />
}
