// A guest created from an image and started through the API, against bare qemu-img, virsh define and virsh start of the
// same machine on the same libvirt, in turns.
// Usage: node bench/create-start.ts [pairs]      Aim: ratio of medians ≤ 1.15.
// NACELLE_TEST_FROM_SOURCE=1 measures the sources although dist/nacelle is there.
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startBoth } from '../test/e2e/harness.ts'
import { uploadTiny } from '../test/e2e/life.ts'
import type { Lab } from '../test/lab/libvirt.ts'
import type { PairResult } from './create-start-client.ts'
import { median, sayFigure, spread } from './figures.ts'

const pairs = Number(process.argv[2] ?? 9)
const { lab, appliance, stop } = await startBoth()
try {
  const image = await uploadTiny(appliance)
  const results = await runClient(lab, { image, session: appliance.session, pairs })
  const ours = results.map((pair) => pair.apiMs)
  const bare = results.map((pair) => pair.bareMs)
  console.log(`API:  ${spread(ours)}`)
  console.log(`bare: ${spread(bare)}`)
  const names = new Set(results.flatMap((pair) => Object.keys(pair.steps)))
  for (const name of names) {
    const times = results.flatMap((pair) => (pair.steps[name] === undefined ? [] : [pair.steps[name]]))
    console.log(`  step '${name}': ${median(times)} ms`)
  }
  const each = results.map((pair) => pair.apiMs / pair.bareMs)
  console.log(`ratios of the pairs: ${each.map((ratio) => ratio.toFixed(2)).join(' ')}`)
  const value = median(ours) / median(bare)
  sayFigure({ name: 'create and start', value, unit: '× bare', aim: { most: 1.15 } })
} finally {
  await stop()
}

/** The client lives in the lab, so that no relay stands between it and the appliance. */
async function runClient(lab: Lab, request: object): Promise<PairResult[]> {
  const client = join(import.meta.dirname, 'create-start-client.ts')
  const started = await lab.spawn(process.execPath, [client, JSON.stringify(request)])
  const results: PairResult[] = []
  let errors = ''
  started.child.stderr?.on('data', (chunk: Buffer) => {
    if (process.env['VERBOSE']) process.stderr.write(chunk)
    errors += chunk.toString()
  })
  if (started.child.stdout)
    for await (const line of createInterface(started.child.stdout)) {
      const pair = JSON.parse(line) as PairResult
      console.log(`API ${pair.apiMs.toFixed(0)} ms, bare ${pair.bareMs.toFixed(0)} ms`)
      results.push(pair)
    }
  if ((await started.ended) !== 0) throw new Error(`the client failed: ${errors}`)
  return results
}
