// Runs every test file, two at a time: the quick ones, then those with guests, each in namespaces of its own. What measures
// the host as it is, or takes hours, comes last and one at a time.
import { glob, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { contractTable } from './contract/contract-results.ts'

interface Outcome {
  name: string
  file: string
  durationMs: number
}

const minute = 60_000
const full = process.env['NACELLE_TEST_FULL'] === '1'
const withGuests = [/^test\/e2e\//, /^test\/lab\//, /^test\/ui\//]
/** Of the pages in Chromium; the others take a minute each, and run in the long suite. */
const quickPages = /^test\/ui\/(first-start|guest-verbs|i18n|stage)\.test\.ts$/
const alone = [/^test\/full\//, /^test\/packaging\.test\.ts$/]

/** Begin first: one of them at the end would run alone. */
const longest = [
  'test/tasks/guest-proofs.test.ts',
  'test/contract/hypervisor.test.ts',
  'test/contract/network-libvirt.test.ts',
  'test/contract/volume-store-rbd.test.ts',
  'test/e2e/kill.test.ts',
  'test/e2e/uefi.test.ts',
  'test/e2e/whole-life.test.ts',
  'test/e2e/pages.test.ts',
]
const byLength = (a: string, b: string) => rank(a) - rank(b) || (a < b ? -1 : 1)
const rank = (file: string) => (longest.includes(file) ? longest.indexOf(file) : longest.length)

const outcomes: Outcome[] = []
const counts = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 }
const startedAt = performance.now()
// Hundreds of processes load the same sources.
const quickResolve = new URL('./support/quick-resolve.ts', import.meta.url).href
const compiled = await mkdtemp(join(tmpdir(), 'nacelle-test-compiled-'))
process.env['NODE_COMPILE_CACHE'] = compiled
// What each storage back end kept of its contract; every test file is a process of its own.
const contractDirectory = await mkdtemp(join(tmpdir(), 'nacelle-contract-results-'))
const contractResults = join(contractDirectory, 'results')
process.env['NACELLE_CONTRACT_RESULTS'] = contractResults

const files = (await Array.fromAsync(glob(['src/**/*.test.ts', 'web/src/**/*.test.ts', 'test/**/*.test.ts'])))
  .filter((file) => full || !isLong(file))
  .sort(byLength)
const isOf = (patterns: readonly RegExp[]) => (file: string) => patterns.some((pattern) => pattern.test(file))
const [slow, serial] = [files.filter(isOf(withGuests)), files.filter(isOf(alone))]
await runStage(
  files.filter((file) => !slow.includes(file) && !serial.includes(file)),
  { concurrency: 2, timeoutMs: 15 * minute },
)
// What runs as it will run for others does so without.
delete process.env['NODE_COMPILE_CACHE']
await runStage(slow, { concurrency: 2, timeoutMs: 15 * minute })
await runStage(serial, { concurrency: 1, timeoutMs: full ? 240 * minute : 15 * minute })
await rm(compiled, { recursive: true })
printSlowest()
printSlowestFiles()
await printContract()
printSummary()
process.exitCode = counts.fail + counts.cancelled > 0 || counts.tests === 0 ? 1 : 0

function isLong(file: string): boolean {
  const isLeftOut = file.startsWith('test/full/') || (file.startsWith('test/ui/') && !quickPages.test(file))
  if (isLeftOut) console.log(`# in the long suite only: ${file}`)
  return isLeftOut
}

/** Runs `files`, each in a process of its own; a file that takes longer than `timeoutMs` fails. */
async function runStage(files: string[], limits: { concurrency: number; timeoutMs: number }): Promise<void> {
  if (files.length === 0) return
  const { concurrency, timeoutMs: timeout } = limits
  const events = run({ files, concurrency, timeout, execArgv: ['--import', quickResolve] })
  events.on('test:pass', record)
  events.on('test:fail', record)
  events.on('test:summary', (summary) => {
    // One for each file and one for all of them.
    if (summary.file !== undefined) return
    for (const key of ['tests', 'suites', 'cancelled', 'skipped', 'todo'] as const)
      counts[key] += summary.counts[key]
    counts.pass += summary.counts.passed
    counts.fail += summary.counts.tests - summary.counts.passed - summary.counts.skipped - summary.counts.todo
  })
  for await (const text of events.compose(new spec())) process.stdout.write(text)
}

function record(event: {
  name: string
  file?: string
  details: { duration_ms: number; type?: string }
}): void {
  if (event.details.type === 'suite') return
  outcomes.push({ name: event.name, file: event.file ?? '', durationMs: event.details.duration_ms })
}

/** Where the time of the suite goes. */
function printSlowestFiles(): void {
  console.log('\nslowest files')
  const sums = Map.groupBy(outcomes, ({ file }) => file.split('/').slice(-2).join('/'))
  const total = ([file, tests]: [string, Outcome[]]) => ({
    file,
    seconds: tests.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0),
  })
  for (const { file, seconds } of [...sums]
    .map(total)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 25))
    console.log(`  ${seconds.toFixed(1).padStart(7)} s  ${file}`)
}

function printSlowest(): void {
  console.log('\nslowest tests')
  for (const { name, file, durationMs } of outcomes.sort((a, b) => b.durationMs - a.durationMs).slice(0, 10))
    console.log(
      `  ${(durationMs / 1000).toFixed(1).padStart(7)} s  ${name}  (${file.split('/').slice(-2).join('/')})`,
    )
}

async function printContract(): Promise<void> {
  const known = await stat(contractResults).then(
    () => true,
    () => false,
  )
  if (known) console.log(`\ncontract of storage back ends\n${contractTable(contractResults)}`)
  await rm(contractDirectory, { recursive: true })
}

function printSummary(): void {
  console.log('\nall stages together')
  for (const [name, count] of Object.entries(counts)) console.log(`ℹ ${name} ${count}`)
  console.log(`ℹ duration_ms ${Math.round(performance.now() - startedAt)}`)
}
