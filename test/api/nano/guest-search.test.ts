// A search reads the guests from memory: that must be the record, in the record's order, whatever has been committed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asc } from 'drizzle-orm'
import { findGuest } from '../../../src/core/guests/record.ts'
import * as schema from '../../../src/db/schema.ts'
import type { Change } from '../../../src/zone/zone.ts'
import { openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

const info = { who: 'test', requestId: 'test', action: 'guests' }
let t: TestAppliance
let pattern: string

before(async () => {
  t = await openTestAppliance()
  const asked = { name: 'm', owner: 'admin', group: 'manager', pool: 'default', cores: 1 }
  const made = await t.call('POST', '/guests', { ...asked, memory: 64 << 20, disks: [1 << 20] })
  pattern = (made.data as { id: string }).id
  assert.deepEqual((await find({})).ids, [pattern])
})

after(() => t.close())

async function find(body: object): Promise<{ ids: string[]; total: number }> {
  const { status, data } = await t.call('POST', '/search/guests', { limit: 1000, ...body })
  assert.equal(status, 200)
  const { result, total } = data as { result: { id: string }[]; total: number }
  return { ids: result.map(({ id }) => id), total }
}

const recorded = (): string[] =>
  t.appliance.zone.db
    .select({ id: schema.guest.id })
    .from(schema.guest)
    .orderBy(asc(schema.guest.group), asc(schema.guest.name))
    .all()
    .map(({ id }) => id)

const idOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`

/** A guest like the one that was made. */
function twin(index: number, differing: object): Change {
  const row = findGuest(t.appliance.zone, pattern)
  assert.ok(row)
  const digits = index.toString(16).padStart(4, '0')
  const mac = `52:54:02:00:${digits.slice(0, 2)}:${digits.slice(2)}`
  const own = { id: idOf(index), mac, address: null, addressPool: null, disks: [], ...differing }
  return { table: 'guest', key: idOf(index), before: null, after: { ...row, ...own } }
}

function changed(index: number, differing: object | null): Change {
  const row = findGuest(t.appliance.zone, idOf(index))
  assert.ok(row)
  const next = differing && { ...row, ...differing }
  return { table: 'guest', key: row.id, before: row.version, after: next }
}

test('guests that are made, renamed, moved and deleted are found as the record orders them', async () => {
  const names = ['Z', 'a', 'é', '\u{1F600}', '\uFFEE', 'a.b', 'a-b']
  await t.appliance.zone.commit(
    info,
    names.map((name, index) => twin(index, { name })),
  )
  assert.deepEqual(await find({}), { ids: recorded(), total: 8 })
  await t.appliance.zone.commit(info, [
    changed(0, { name: 'zz' }),
    changed(1, { group: 'staff' }),
    changed(2, null),
  ])
  assert.deepEqual(await find({}), { ids: recorded(), total: 7 })
  assert.deepEqual((await find({ offset: 2, limit: 3 })).ids, recorded().slice(2, 5))
})

test('a keyword is part of the full name, of the address or of the id, in small or large letters', async () => {
  await t.appliance.zone.commit(info, [changed(3, { name: 'Web.One' })])
  assert.deepEqual((await find({ keyword: 'manager.wEB.o' })).ids, [idOf(3)])
  assert.deepEqual((await find({ keyword: idOf(4).slice(-6) })).ids, [idOf(4)])
  for (const keyword of ['%', '_', 'web_one']) assert.equal((await find({ keyword })).total, 0)
})

test('more changes than are worked in one by one', async () => {
  const many = Array.from({ length: 1200 }, (_, index) =>
    twin(100 + index, { name: `many${index % 7}.${index}` }),
  )
  for (let first = 0; first < many.length; first += 40)
    await t.appliance.zone.commit(info, many.slice(first, first + 40))
  const { ids, total } = await find({})
  assert.equal(total, recorded().length)
  assert.deepEqual(ids, recorded().slice(0, 1000))
})
