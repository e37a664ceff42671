// What each back end kept of the contract, printed beside one another at the end of a test run.
import { appendFileSync, readFileSync } from 'node:fs'

export interface ContractResult {
  backEnd: string
  title: string
  /** `refused`: truthfully, since the back end cannot. */
  outcome: 'kept' | 'refused' | 'failed'
  durationMs: number
}

/** File that the runner of the whole suite gathers results in; each test file is a process of its own. */
const gathered = 'NACELLE_CONTRACT_RESULTS'

export function recordResult(result: ContractResult): void {
  const path = process.env[gathered]
  if (path) appendFileSync(path, `${JSON.stringify(result)}\n`)
}

export function printResults(backEnd: string, results: readonly ContractResult[]): void {
  console.log(`\ncontract of volume stores: ${backEnd}`)
  for (const { title, outcome, durationMs } of results)
    console.log(`  ${outcome.padEnd(8)}${String(durationMs).padStart(7)} ms  ${title}`)
}

/** A table of all back ends that ran: one line a promise, one column a back end. */
export function contractTable(path: string): string {
  const results = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ContractResult)
  const backEnds = [...new Set(results.map((one) => one.backEnd))]
  const titles = [...new Set(results.map((one) => one.title))]
  const width = Math.max(...titles.map((title) => title.length), 0)
  const cell = (title: string, backEnd: string) => {
    const found = results.find((one) => one.title === title && one.backEnd === backEnd)
    return (found ? `${found.outcome} ${found.durationMs} ms` : '-').padEnd(18)
  }
  const head = `${''.padEnd(width)}  ${backEnds.map((name) => name.padEnd(18)).join('')}`
  const lines = titles.map(
    (title) => `${title.padEnd(width)}  ${backEnds.map((name) => cell(title, name)).join('')}`,
  )
  return [head, ...lines].map((line) => line.trimEnd()).join('\n')
}
