import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runApart } from '../support/apart.ts'

test('a real tgtd keeps the contract of volume stores, through libiscsi', async (t) => {
  const { exitCode, output } = await runApart(new URL('./volume-store-iscsi-inside.ts', import.meta.url))
  t.diagnostic(output)
  assert.equal(exitCode, 0, output)
  assert.match(output, /pass [1-9]\d/)
})
