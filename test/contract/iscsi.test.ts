import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runApart } from '../support/apart.ts'

test('LUNs of a real tgtd are claimed, wiped, followed and refused, through libiscsi', async (t) => {
  const { exitCode, output } = await runApart(new URL('./iscsi-inside.ts', import.meta.url))
  t.diagnostic(output)
  assert.equal(exitCode, 0, output)
  assert.match(output, /pass [1-9]\d?/)
})
