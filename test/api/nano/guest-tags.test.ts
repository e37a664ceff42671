// Words that guests are found by.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ended,
  everything,
  guestBody,
  makeGuest,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

let t: TestAppliance
before(async () => {
  t = await openTestAppliance()
})
after(() => t.close())

const show = async (id: string) => (await t.call('GET', `/guests/${id}`)).data as { tags: string[] }

async function find(body: object): Promise<string[]> {
  const { status, data } = await t.call('POST', '/search/guests', body)
  assert.equal(status, 200, JSON.stringify(data))
  return (data as { result: { name: string }[] }).result.map(({ name }) => name.split('.')[1] ?? '')
}

test('a guest is made with tags, and shown with them wherever it is', async () => {
  const id = await makeGuest(t, { name: 'tagged', tags: ['web', 'eu', 'web'] })
  assert.deepEqual((await show(id)).tags, ['web', 'eu'])
  assert.deepEqual(((await t.call('GET', `/instances/${id}`)).data as { tags: string[] }).tags, ['web', 'eu'])
  const listed = (await t.call('GET', '/guest_search?pool=default')).data as { id: string; tags: string[] }[]
  assert.deepEqual(listed.find((guest) => guest.id === id)?.tags, ['web', 'eu'])
  assert.deepEqual((await show(await makeGuest(t, { name: 'plain' }))).tags, [])
})

test('the whole list is set, by both generations of paths, and the domain is left alone', async () => {
  const id = await makeGuest(t, { name: 'retagged' })
  const { defined } = t.hypervisor.world.find(id)
  for (const [path, tags] of [
    [`/guest/${id}/tags`, ['a', 'b', 'a']],
    [`/guests/${id}/tags/`, ['c']],
    [`/api/v1/guests/${id}/tags`, []],
  ] as const) {
    const answer = await t.call('PUT', path, { tags })
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual((await show(id)).tags, [...new Set(tags)])
  }
  assert.equal(t.hypervisor.world.find(id).defined, defined)
  const lines = (await t.call('GET', '/logs/')).text
  assert.match(lines, /changed guest manager\.retagged: tags a, b/)
})

test('what is no tag is refused with its field, and nothing is changed', async () => {
  const id = await makeGuest(t, { name: 'strict', tags: ['kept'] })
  const earlier = await everything(t)
  for (const [tags, field] of [
    ['web', 'tags'],
    [['web', 3], 'tags[1]'],
    [['a,b'], 'tags[0]'],
    [['ok', ''], 'tags[1]'],
    [['x'.repeat(65)], 'tags[0]'],
    [['a\nb'], 'tags[0]'],
    [Array.from({ length: 21 }, (_, index) => `t${index}`), 'tags'],
  ] as const) {
    for (const [method, path, body] of [
      ['PUT', `/guests/${id}/tags`, { tags }],
      ['POST', '/guests/', guestBody({ name: 'never', tags })],
    ] as const) {
      const answer = await t.call(method, path, body)
      assert.deepEqual([answer.status, answer.field], [400, field], `${method} ${answer.text}`)
    }
  }
  assert.equal((await t.call('PUT', `/guests/${id}/tags`, {})).status, 400)
  assert.deepEqual(await everything(t), earlier)
})

test('a dry run says what it would record, and a wrong version is refused', async () => {
  const id = await makeGuest(t, { name: 'careful' })
  const plan = await t.call('PUT', `/guests/${id}/tags?dry_run=true`, { tags: ['new'] })
  assert.equal(plan.status, 200, plan.text)
  assert.match(plan.text, /record tags new for guest 'careful'/)
  assert.doesNotMatch(plan.text, /define the domain/)
  assert.deepEqual((await show(id)).tags, [])
  const headers = { 'If-Match': '"1"' }
  const stale = await t.call('PUT', `/guests/${id}/tags`, { tags: ['new'] }, headers)
  assert.equal(stale.status, 412, stale.text)
  const etag = (await t.call('GET', `/guests/${id}`)).headers.get('etag') ?? ''
  const fresh = await t.call('PUT', `/guests/${id}/tags`, { tags: ['new'] }, { 'If-Match': etag })
  assert.equal(fresh.status, 200, fresh.text)
})

test('a search finds guests that have all the tags, also after a change; a keyword finds parts', async () => {
  const first = await makeGuest(t, { name: 'first', tags: ['Prod', 'shared'] })
  await makeGuest(t, { name: 'second', tags: ['shared'] })
  assert.deepEqual(await find({ tags: ['shared'] }), ['first', 'second'])
  assert.deepEqual(await find({ tags: ['shared', 'Prod'] }), ['first'])
  assert.deepEqual(await find({ tags: ['prod'] }), [])
  assert.deepEqual(await find({ keyword: 'pRo' }), ['first'])
  await t.call('PUT', `/guests/${first}/tags`, { tags: ['other'] })
  assert.deepEqual(await find({ tags: ['shared'] }), ['second'])
  assert.deepEqual(await find({ keyword: 'othe' }), ['first'])
  assert.deepEqual(await find({ tags: [], keyword: 'secon' }), ['second'])
})

test('tags in use are listed with how many guests have each, of those that one may see', async () => {
  const own = { owner: 'alice', group: 'staff' }
  await makeGuest(t, { name: 'hers', ...own, tags: ['zebra', 'aardvark'] })
  await makeGuest(t, { name: 'theirs', tags: ['zebra'] })
  const all = (await t.call('GET', '/guest_tags')).data as { tag: string; guests: number }[]
  assert.deepEqual(
    all.filter(({ tag }) => ['zebra', 'aardvark'].includes(tag)),
    [
      { tag: 'aardvark', guests: 1 },
      { tag: 'zebra', guests: 2 },
    ],
  )
  assert.deepEqual((await t.as('alice')('GET', '/guest_tags')).data, [
    { tag: 'aardvark', guests: 1 },
    { tag: 'zebra', guests: 1 },
  ])
  assert.deepEqual((await t.as('carol')('GET', '/guest_tags')).data, [])
})

test('all guests of a batch get its tags', async () => {
  const { name: _, ...kind } = guestBody({ tags: ['batch'] }) as { name?: string }
  const body = { ...kind, name_rule: 'order', name_prefix: 'many', count: 2 }
  const answer = await t.call('POST', '/batch/create_guest', body)
  assert.equal(answer.status, 202, answer.text)
  assert.equal((await ended(t, answer)).state, 'done')
  assert.equal((await find({ tags: ['batch'] })).length, 2)
})
