// A page of guests in the order and of the states that are asked for, and how many there are of each.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { findGuest } from '../../../src/core/guests/record.ts'
import type { Change } from '../../../src/zone/zone.ts'
import { makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let t: TestAppliance

const names = ['cedar', 'ash', 'birch', 'elm', 'date']
const idOf = (name: string) => `00000000-0000-4000-8000-00000000000${names.indexOf(name)}`
const differing: Record<string, object> = {
  ash: {
    cores: 4,
    memoryBytes: 2 << 20,
    address: '10.0.0.9',
    createdAt: 5,
    owner: 'alice',
    mac: '52:54:00:aa:aa:01',
  },
  birch: { cores: 1, memoryBytes: 8 << 20, address: '10.0.0.10', createdAt: 4, pool: 'edge' },
  cedar: { cores: 2, memoryBytes: 1 << 20, address: null, createdAt: 3 },
  date: {
    cores: 2,
    memoryBytes: 4 << 20,
    address: '10.0.0.100',
    createdAt: 2,
    group: 'staff',
    owner: 'alice',
  },
  elm: { cores: 2, memoryBytes: 3 << 20, address: '9.9.9.9', createdAt: 1, state: 'creating' },
}

before(async () => {
  t = await openTestAppliance()
  assert.equal((await t.call('POST', '/compute_pools/edge')).status, 200)
  const id = await makeGuest(t, { name: 'pattern' })
  const pattern = findGuest(t.appliance.zone, id)
  assert.ok(pattern)
  const twins = names.map((name): Change => {
    const mac = `52:54:02:00:00:0${names.indexOf(name)}`
    const own = { id: idOf(name), name, mac, disks: [], address: null, addressPool: null, state: 'ready' }
    const row = { ...pattern, ...own, ...differing[name], addressPool: null }
    return { table: 'guest', key: row.id, before: null, after: row as never }
  })
  await t.appliance.zone.commit({ who: 'test', requestId: 'test', action: 'guests' }, twins)
  assert.equal((await t.call('DELETE', `/guests/${id}`)).status, 200)
  t.appliance.live.set(idOf('ash'), 'running')
  t.appliance.live.set(idOf('birch'), 'paused')
})

after(() => t.close())

async function find(body: object) {
  const { status, data } = await t.call('POST', '/search/guests', body)
  assert.equal(status, 200, JSON.stringify(data))
  const { result, ...rest } = data as { result: { name: string }[]; total: number; counts: object }
  return { ...rest, names: result.map(({ name }) => name.split('.')[1]).join(' ') }
}

test('every order, both ways; what is equal goes by full name', async () => {
  const orders: [sort: string, up: string, down: string][] = [
    ['name', 'ash birch cedar elm date', 'date elm cedar birch ash'],
    ['cores', 'birch cedar elm date ash', 'ash cedar elm date birch'],
    ['memory', 'cedar ash elm date birch', 'birch date elm ash cedar'],
    ['created', 'elm date cedar birch ash', 'ash birch cedar date elm'],
    ['address', 'elm ash birch date cedar', 'cedar date birch ash elm'],
    ['state', 'elm ash birch cedar date', 'cedar date birch ash elm'],
    ['pool', 'ash cedar elm date birch', 'birch ash cedar elm date'],
    ['owner', 'birch cedar elm ash date', 'ash date birch cedar elm'],
    ['cell', 'ash birch cedar elm date', 'ash birch cedar elm date'],
  ]
  for (const [sort, up, down] of orders) {
    assert.equal((await find({ sort })).names, up, sort)
    assert.equal((await find({ sort, descending: true })).names, down, `${sort} descending`)
  }
})

test('a page of an order is a part of the whole, with the total of the whole', async () => {
  const part = await find({ sort: 'memory', offset: 1, limit: 2 })
  assert.equal(part.names, 'ash elm')
  assert.equal(part.total, 5)
  assert.equal((await find({ sort: 'memory', offset: 9 })).names, '')
})

test('states are filtered, and counted as if they were not', async () => {
  const counts = { creating: 1, running: 1, paused: 1, stopping: 0, stopped: 2, crashed: 0 }
  const some = await find({ states: ['stopped', 'paused'] })
  assert.equal(some.names, 'birch cedar date')
  assert.equal(some.total, 3)
  assert.deepEqual(some.counts, counts)
  assert.equal((await find({ states: [] })).total, 5)
  const ofAlice = await find({ owner: 'alice', states: ['running'] })
  assert.equal(ofAlice.names, 'ash')
  assert.deepEqual(ofAlice.counts, { ...counts, creating: 0, paused: 0, stopped: 1 })
})

test('owner and group must both hold; a keyword finds the address of a card', async () => {
  assert.equal((await find({ owner: 'alice' })).names, 'ash date')
  assert.equal((await find({ owner: 'alice', group: 'staff' })).names, 'date')
  assert.equal((await find({ keyword: '52:54:00:AA' })).names, 'ash')
})

test('a page has the figures of the last look, and zeros for what does not run', async () => {
  const { data } = await t.call('POST', '/search/guests', { states: ['running', 'stopped'] })
  const { result } = data as { result: Record<string, number>[] }
  for (const guest of result)
    for (const figure of ['cpu_usage', 'memory_available', 'disk_available', 'read_speed', 'receive_speed'])
      assert.equal(guest[figure], 0, figure)
})

test('what is not known is refused with its field', async () => {
  for (const [body, field] of [
    [{ sort: 'colour' }, 'sort'],
    [{ states: ['asleep'] }, 'states[0]'],
    [{ descending: 'yes' }, 'descending'],
  ] as const) {
    const answer = await t.call('POST', '/search/guests', body)
    assert.equal(answer.status, 400)
    assert.equal(answer.field, field)
  }
})

test('guests are counted by state and by compute pool', async () => {
  const { data } = await t.call('GET', '/guest_counts')
  const none = { creating: 0, running: 0, paused: 0, stopping: 0, stopped: 0, crashed: 0 }
  assert.deepEqual(data, {
    total: 5,
    states: { ...none, creating: 1, running: 1, paused: 1, stopped: 2 },
    pools: [
      { pool: 'default', total: 4, states: { ...none, creating: 1, running: 1, stopped: 2 } },
      { pool: 'edge', total: 1, states: { ...none, paused: 1 } },
    ],
  })
})

test('who sees only some guests counts and finds only these', async () => {
  const { data } = await t.as('alice')('GET', '/guest_counts')
  const seen = data as { total: number; pools: { pool: string }[] }
  // Her own, and what her group 'staff' has.
  assert.equal(seen.total, 2)
  assert.deepEqual(
    seen.pools.map(({ pool }) => pool),
    ['default'],
  )
  assert.equal(((await t.as('carol')('GET', '/guest_counts')).data as { total: number }).total, 0)
})
