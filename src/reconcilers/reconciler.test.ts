import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Log, systemContext } from '../core/context.ts'
import { createReconcilerRunner, type Reconciler, type Summary } from './reconciler.ts'

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}

/** A reconciler whose passes end when the test says so. */
function gated() {
  const gates: { pass(): void; fail(error: Error): void }[] = []
  let running = 0
  let most = 0
  const reconciler: Reconciler = {
    name: 'gated',
    intervalMs: 5,
    async run() {
      most = Math.max(most, ++running)
      try {
        return await new Promise<Summary>((resolve, reject) => {
          gates.push({
            pass: () => resolve({ repaired: [`pass ${gates.length}`], findings: [] }),
            fail: reject,
          })
        })
      } finally {
        running--
      }
    },
  }
  return { gates, reconciler, most: () => most }
}

const runnerOf = (reconciler: Reconciler) => createReconcilerRunner([reconciler], () => systemContext(silent))
const tick = () => new Promise((resolve) => setImmediate(resolve))

test('a nudge during a pass is answered by a pass that began after it, shared by all who nudged', async () => {
  const { gates, reconciler, most } = gated()
  const runner = runnerOf(reconciler)
  const first = runner.nudge('gated')
  const others = [runner.nudge('gated'), runner.nudge('gated')]
  await tick()
  assert.equal(gates.length, 1)
  gates[0]!.pass()
  assert.deepEqual((await first).repaired, ['pass 1'])
  await tick()
  assert.equal(gates.length, 2)
  gates[1]!.pass()
  for (const other of others) assert.deepEqual((await other).repaired, ['pass 2'])
  assert.equal(most(), 1)
  await runner.stop()
})

test('the last result is visible, a failure does not stop the timer, and stop does', async () => {
  const { gates, reconciler } = gated()
  const runner = runnerOf(reconciler)
  assert.deepEqual(runner.status()[0], {
    name: 'gated',
    running: false,
    passes: 0,
    failures: 0,
    lastEndedAt: null,
    lastDurationMs: 0,
    lastSummary: null,
    lastError: null,
  })
  runner.start()
  await tick()
  assert.equal(runner.status()[0]?.running, true)
  gates[0]!.fail(new Error('the host is away'))
  const deadline = performance.now() + 5_000
  while (gates.length < 2 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(gates.length, 2, 'the timer brings the next pass')
  assert.equal(runner.status()[0]?.lastError, 'the host is away')
  assert.equal(runner.status()[0]?.failures, 1)
  const stopping = runner.stop()
  gates[1]!.pass()
  await stopping
  assert.equal(runner.status()[0]?.lastError, null)
  assert.deepEqual(runner.status()[0]?.lastSummary?.repaired, ['pass 2'])
  await assert.rejects(runner.nudge('gated'), /stopped/)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(gates.length, 2)
})

test('a nudge tells of the failure of its pass, and an unknown name is an error', async () => {
  const { gates, reconciler } = gated()
  const runner = runnerOf(reconciler)
  const nudge = runner.nudge('gated')
  gates[0]!.fail(new Error('no'))
  await assert.rejects(nudge, /no/)
  await assert.rejects(runner.nudge('other'), /no reconciler 'other'/)
  await runner.stop()
})
