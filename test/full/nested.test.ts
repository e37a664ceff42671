import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runApart } from '../support/apart.ts'

test('the kernel’s initiator and NFS client, and their real tools, do what the drivers expect', async (t) => {
  const { exitCode, output } = await runApart(new URL('./nested-inside.ts', import.meta.url))
  t.diagnostic(output)
  assert.equal(exitCode, 0, output)
  assert.match(output, /pass [1-9]/)
})
