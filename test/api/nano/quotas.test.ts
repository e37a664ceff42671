// What the guests of a group may have together.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import {
  type Answer,
  ended,
  everything,
  guestBody,
  makeGuest,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

const gib = 2 ** 30
let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

const own = { owner: 'alice', group: 'staff' }
const group = async () => (await world.call('GET', '/user_groups/staff')).data as Record<string, unknown>
const setQuota = async (quota: unknown) => {
  const answer = await world.call('PUT', '/user_groups/staff', { quota })
  assert.equal(answer.status, 200, answer.text)
}

function assertRefused(answer: Answer, field: string, figures: object): void {
  assert.equal(answer.status, 409, answer.text)
  assert.deepEqual([answer.code, answer.field], ['insufficient_capacity', field], answer.text)
  assert.deepEqual(answer.details, { group: 'staff', ...figures })
}

beforeEach(async () => {
  await setQuota(null)
  const { data } = await world.call('GET', '/guest_search/?pool=default&group=staff')
  for (const { id } of data as { id: string }[]) await world.call('DELETE', `/guests/${id}`, { force: true })
})

describe('the quota of a group', () => {
  it('is shown with what is used, replaced as a whole, kept when left out, and taken away by null', async () => {
    assert.deepEqual((await group())['quota'], { cores: null, memory: null, disk: null, guests: null })
    await makeGuest(world, { ...own, name: 'a' })
    assert.deepEqual((await group())['used'], { cores: 2, memory: gib / 2, disk: 3 * gib, guests: 1 })
    await setQuota({ cores: 4, memory: gib })
    await world.call('PUT', '/user_groups/staff', { display: 'Staff' })
    assert.deepEqual((await group())['quota'], { cores: 4, memory: gib, disk: null, guests: null })
    await setQuota({ disk: 0 })
    assert.deepEqual((await group())['quota'], { cores: null, memory: null, disk: 0, guests: null })
    await setQuota(null)
    assert.deepEqual((await group())['quota'], { cores: null, memory: null, disk: null, guests: null })
    const made = await world.call('POST', '/user_groups/small', { quota: { guests: 1 } })
    assert.equal(made.status, 200, made.text)
    const small = (await world.call('GET', '/user_groups/small')).data as Record<string, unknown>
    assert.deepEqual(small['quota'], { cores: null, memory: null, disk: null, guests: 1 })
  })

  it('names what is wrong with it', async () => {
    for (const [part, value] of Object.entries({ cores: -1, memory: 1.5, disk: '1', guests: true })) {
      const answer = await world.call('PUT', '/user_groups/staff', { quota: { [part]: value } })
      assert.deepEqual([answer.status, answer.field], [400, `quota.${part}`], answer.text)
    }
    const text = await world.call('PUT', '/user_groups/staff', { quota: 'much' })
    assert.deepEqual([text.status, text.field], [400, 'quota'], text.text)
  })

  const cases: [quota: object, field: string, figures: object][] = [
    [{ cores: 3 }, 'cores', { resource: 'cores', used: 2, asked: 2, quota: 3 }],
    [
      { memory: gib - 1 },
      'memory',
      { resource: 'memoryBytes', used: gib / 2, asked: gib / 2, quota: gib - 1 },
    ],
    [{ disk: 5 * gib }, 'disks', { resource: 'diskBytes', used: 3 * gib, asked: 3 * gib, quota: 5 * gib }],
    [{ guests: 1 }, 'group', { resource: 'guests', used: 1, asked: 1, quota: 1 }],
  ]
  for (const [quota, field, figures] of cases)
    it(`refuses a creation beyond ${JSON.stringify(quota)} and leaves nothing`, async () => {
      await makeGuest(world, { ...own, name: 'a' })
      await setQuota(quota)
      const state = await everything(world)
      for (const suffix of ['', '?dry_run=true']) {
        const body = guestBody({ ...own, name: 'b' })
        assertRefused(await world.as('alice')('POST', `/guests/${suffix}`, body), field, figures)
      }
      assert.deepEqual(await everything(world), state)
      const elsewhere = await world.call('POST', '/guests/', guestBody({ name: 'free' }))
      assert.equal((await ended(world, elsewhere)).state, 'done')
      await world.call('DELETE', `/guests/${(elsewhere.data as { id: string }).id}`)
    })

  it('lets in exactly what fits, also of many at once', async () => {
    await setQuota({ cores: 6 })
    const names = Array.from({ length: 8 }, (_, index) => `at-once-${index}`)
    const answers = await Promise.all(
      names.map((name) => world.call('POST', '/guests/', guestBody({ ...own, name, disks: [gib] }))),
    )
    const made = answers.filter(({ status }) => status === 202)
    assert.equal(made.length, 3, answers.map(({ text }) => text).join())
    for (const answer of made) assert.equal((await ended(world, answer)).state, 'done')
    for (const answer of answers.filter(({ status }) => status !== 202))
      assert.deepEqual([answer.status, answer.code], [409, 'insufficient_capacity'])
    assert.deepEqual((await group())['used'], { cores: 6, memory: 1.5 * gib, disk: 3 * gib, guests: 3 })
  })

  it('counts a batch as a whole', async () => {
    const batch = { ...guestBody(own), name: undefined, name_rule: 'order', name_prefix: 'b', count: 3 }
    await setQuota({ guests: 2, cores: 100 })
    const figures = { resource: 'guests', used: 0, asked: 3, quota: 2 }
    assertRefused(await world.call('POST', '/batch/create_guest/', batch), 'count', figures)
    await setQuota({ cores: 5 })
    const cores = { resource: 'cores', used: 0, asked: 6, quota: 5 }
    assertRefused(await world.call('POST', '/batch/create_guest/', batch), 'count', cores)
    await setQuota({ cores: 6, guests: 3 })
    const answer = await world.call('POST', '/batch/create_guest/', batch)
    assert.equal(answer.status, 202, answer.text)
    assert.equal((await ended(world, answer)).state, 'done')
    assert.equal(((await group())['used'] as { guests: number }).guests, 3)
  })

  it('holds for changes of cores, memory and disks, and lets who is above it shrink', async () => {
    const id = await makeGuest(world, { ...own, name: 'grown' })
    await setQuota({ cores: 3, memory: gib, disk: 4 * gib })
    const put = (path: string, body: object) => world.as('alice')('PUT', `/guests/${id}/${path}`, body)
    const cores = { resource: 'cores', used: 2, asked: 2, quota: 3 }
    assertRefused(await put('cores', { cores: 4 }), 'cores', cores)
    const memory = { resource: 'memoryBytes', used: gib / 2, asked: 1.5 * gib, quota: gib }
    assertRefused(await put('memory', { memory: 2 * gib }), 'memory', memory)
    const disk = { resource: 'diskBytes', used: 3 * gib, asked: 2 * gib, quota: 4 * gib }
    assertRefused(await put('disks/resize/1', { size: 3 * gib }), 'size', disk)
    for (const [path, body] of [
      ['cores', { cores: 3 }],
      ['memory', { memory: gib }],
      ['disks/resize/1', { size: 2 * gib }],
    ] as const)
      assert.equal((await put(path, body)).status, 200, path)
    await setQuota({ cores: 1, memory: 1, disk: 1, guests: 0 })
    assert.equal((await put('cores', { cores: 2 })).status, 200)
    assert.equal((await put('name', { name: 'renamed' })).status, 200)
  })

  it('admits one of two that grow at once', async () => {
    const [a, b] = [
      await makeGuest(world, { ...own, name: 'a' }),
      await makeGuest(world, { ...own, name: 'b' }),
    ]
    await setQuota({ cores: 6 })
    const answers = await Promise.all(
      [a, b].map((id) => world.call('PUT', `/guests/${id}/cores`, { cores: 4 })),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
  })
})
