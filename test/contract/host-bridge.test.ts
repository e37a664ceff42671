import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runApart } from '../support/apart.ts'

test('a bridge on the LAN is made, taken back unless confirmed, and outlives who asked for it', async (t) => {
  const { exitCode, output } = await runApart(new URL('./host-bridge-inside.ts', import.meta.url))
  t.diagnostic(output)
  assert.equal(exitCode, 0, output)
  assert.match(output, /pass [1-9]/)
})
