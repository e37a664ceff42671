// A hundred thin clones in one batch on a real libvirt: all there, and not one lock error.
import assert from 'node:assert/strict'
import { availableParallelism, loadavg } from 'node:os'
import { test } from 'node:test'
import { createBatch } from '../support/batch-of-clones.ts'

const count = Number(process.env['NACELLE_SCALE_BATCH'] ?? 100)
const mostMs = 60_000

test(`${count} thin clones in one batch`, { timeout: 1_200_000 }, async (t) => {
  const [load = 0] = loadavg()
  const { elapsedMs, items, lockErrors } = await createBatch(count)
  assert.equal(items.length, count)
  assert.deepEqual(
    items.filter(({ status }) => status !== 'created'),
    [],
  )
  assert.equal(new Set(items.map(({ name }) => name)).size, count)
  assert.deepEqual(lockErrors, [])
  const seconds = (elapsedMs / 1000).toFixed(1)
  if (load > availableParallelism())
    t.diagnostic(
      `${seconds} s at a load of ${load.toFixed(1)}: not held to ${mostMs / 1000} s, the machine was busy`,
    )
  else assert.ok(elapsedMs <= mostMs, `${seconds} s`)
})
