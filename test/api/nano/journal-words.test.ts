// The journal is asked for tables, and names them, in the words of the API.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let t: TestAppliance
before(async () => {
  t = await openTestAppliance()
  assert.equal((await t.call('POST', '/compute_pools/edge')).status, 200)
})
after(() => t.close())

test('a table of two words is found and shown as the API writes it', async () => {
  for (const word of ['compute_pool', 'computePool']) {
    const { status, data } = await t.call('GET', `/journal?table=${word}&key=edge`)
    assert.equal(status, 200)
    const { entries } = data as { entries: { changes: { table: string; key: string }[] }[] }
    const changes = entries.flatMap((entry) => entry.changes)
    assert.ok(
      changes.some(({ table, key }) => table === 'compute_pool' && key === 'edge'),
      word,
    )
  }
})

test('the past of such a table is found too', async () => {
  const time = encodeURIComponent(new Date(Date.now() + 1000).toISOString())
  const { status, data } = await t.call('GET', `/journal/state?table=compute_pool&time=${time}`)
  assert.equal(status, 200)
  const { table, rows } = data as { table: string; rows: { name: string }[] }
  assert.equal(table, 'compute_pool')
  assert.ok(rows.some(({ name }) => name === 'edge'))
})
