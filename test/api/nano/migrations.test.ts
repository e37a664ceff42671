import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { everything, makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

const from = { source_pool: 'default', source_cell: 'here' }
const start = (body: unknown, who: string | null = 'admin') => world.as(who)('POST', '/migrations/', body)

describe('migrations on a zone of one cell', () => {
  it('are none', async () => {
    const list = await world.call('GET', '/api/v1/migrations/')
    assert.deepEqual([list.status, list.data], [200, []])
    const one = await world.call('GET', '/migrations/abcdef-1234567890')
    assert.deepEqual([one.status, one.code], [404, 'not_found'], one.text)
  })

  it('are refused with the peer that is missing, and change nothing', async () => {
    const guest = await makeGuest(world, { name: 'stays' })
    const state = await everything(world)
    for (const body of [
      { ...from, target_cell: 'new-cell' },
      { ...from, target_cell: 'new-cell', target_pool: '', instances: [guest] },
      { ...from, target_cell: 'new-cell', target_pool: 'default', instances: null },
    ])
      for (const path of ['/migrations/', '/migrations/some-id', '/migrations/?dry_run=true']) {
        const answer = await world.call('POST', path, body)
        assert.deepEqual([answer.status, answer.code, answer.field], [422, 'unsupported', 'target_cell'])
        assert.match(answer.message, /'new-cell' is no peer of cell 'here'/)
        assert.deepEqual(answer.details, { peer: 'new-cell', cell: 'here' })
      }
    const any = await start(from)
    assert.equal(any.status, 422)
    assert.match(any.message, /'here' has no peer/)
    assert.deepEqual(await everything(world), state)
  })

  it('name the field that is wrong', async () => {
    const cases: [object, number, string][] = [
      [{}, 400, 'source_pool'],
      [{ source_pool: 'default' }, 400, 'source_cell'],
      [{ ...from, source_pool: 'nowhere' }, 404, 'source_pool'],
      [{ ...from, source_cell: 'nowhere' }, 404, 'source_cell'],
      [{ ...from, target_pool: 'another-pool', target_cell: 'x' }, 400, 'target_pool'],
      [{ ...from, target_cell: 'here' }, 400, 'target_cell'],
      [{ ...from, target_cell: 'x', instances: ['nobody'] }, 404, 'instances[0]'],
      [{ ...from, target_cell: 'x', instances: 'all' }, 400, 'instances'],
    ]
    for (const [body, status, field] of cases) {
      const answer = await start(body)
      assert.deepEqual([answer.status, answer.field], [status, field], answer.text)
    }
  })

  it('are closed to those who may not change compute pools', async () => {
    assert.equal((await start(from, null)).status, 401)
    for (const who of ['alice', 'audrey']) assert.equal((await start(from, who)).status, 403)
    assert.equal((await world.as('alice')('GET', '/migrations/')).status, 200)
  })
})
