// All benchmarks one after the other, or those that are named. Usage: npm run bench -- [name…]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sayLoad } from './figures.ts'

/** In the order of docs/performance.md. */
const benchmarks = [
  'create-start',
  'console-proxy',
  'upload',
  'start-up',
  'search',
  'sampler',
  'batch',
  'snapshots',
  'rbd-snapshots',
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !benchmarks.includes(name))
if (unknown.length > 0)
  throw new Error(`there is no benchmark '${unknown.join("', '")}': ${benchmarks.join(', ')}`)

const failed: string[] = []
for (const name of wanted.length > 0 ? wanted : benchmarks) {
  console.log(`\n${name}`)
  await sayLoad()
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: 'inherit' })
  const [exitCode] = await once(child, 'exit')
  if (exitCode !== 0) failed.push(name)
}
if (failed.length > 0) {
  console.log(`\nnot measured: ${failed.join(', ')}`)
  process.exitCode = 1
}
