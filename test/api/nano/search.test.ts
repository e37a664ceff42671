// The global search: what is found of each kind, in which order, and by whom.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { findGuest } from '../../../src/core/guests/record.ts'
import { makeGuest, makeImage, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let t: TestAppliance
let webId: string
let imageId: string

interface Found {
  kind: string
  id: string
  name: string
  detail: string
}

before(async () => {
  t = await openTestAppliance()
  await makeGuest(t, { name: 'old-web' })
  webId = await makeGuest(t, { name: 'Web', owner: 'alice', group: 'staff' })
  imageId = await makeImage(t, 'disk', { name: 'webserver' })
  await makeImage(t, 'media', { name: 'debian-web', owner: 'alice', group: 'staff' })
})
after(() => t.close())

async function find(q: string, { who = 'admin', more = '' } = {}): Promise<Found[]> {
  const { status, data } = await t.as(who)('GET', `/search?q=${encodeURIComponent(q)}${more}`)
  assert.equal(status, 200, JSON.stringify(data))
  return data as Found[]
}

const shown = (found: Found[]) => found.map(({ kind, name }) => `${kind} ${name}`)

test('each kind is found by part of its name, what begins so first', async () => {
  assert.deepEqual(shown(await find('WEB')), [
    'guest staff.Web',
    'guest manager.old-web',
    'disk_image webserver',
    'media_image debian-web',
  ])
  assert.deepEqual(shown(await find('WEB', { more: '&limit=1' })), [
    'guest staff.Web',
    'disk_image webserver',
    'media_image debian-web',
  ])
  assert.deepEqual(
    shown(await find('local')).filter((line) => line.startsWith('storage')),
    ['storage_pool local'],
  )
  const pools = shown(await find('default'))
  for (const pool of ['address_pool default', 'compute_pool default']) assert.ok(pools.includes(pool), pool)
  assert.ok(shown(await find('alic')).includes('user alice'))
})

test('a guest is found by id, address and MAC, an image by id, a task by the beginning of its id', async () => {
  const guest = findGuest(t.appliance.zone, webId)
  assert.ok(guest?.address)
  for (const word of [webId, guest.address, guest.mac.toUpperCase()]) {
    const [first] = await find(word)
    assert.deepEqual([first?.kind, first?.id], ['guest', webId], word)
  }
  assert.ok((await find(guest.address))[0]?.detail.includes(guest.address))
  assert.deepEqual(
    (await find(imageId)).map(({ id }) => id),
    [imageId],
  )
  const [task] = t.appliance.tasks.list({ limit: 1 }).tasks
  assert.ok(task)
  const found = (await find(task.id.slice(0, 8))).filter(({ kind }) => kind === 'task')
  assert.ok(found.some(({ id, name }) => id === task.id && name === task.title))
})

test('nobody finds what it may not read', async () => {
  assert.deepEqual(shown(await find('web', { who: 'alice' })), ['guest staff.Web', 'media_image debian-web'])
  assert.deepEqual(await find('web', { who: 'carol' }), [])
  assert.deepEqual(await find('alice', { who: 'carol' }), [])
  const [task] = t.appliance.tasks.list({ limit: 1 }).tasks
  assert.deepEqual(await find(task?.id ?? '', { who: 'carol' }), [])
})

test('signs of patterns mean themselves, and an empty word is refused', async () => {
  for (const word of ['%', '_', "'", '"']) assert.deepEqual(await find(word), [], word)
  for (const path of ['/search?q=', '/search?q=%20', '/search', `/search?q=${'a'.repeat(129)}`]) {
    const answer = await t.call('GET', path)
    assert.equal(answer.status, 400, path)
    assert.equal(answer.field, 'q')
  }
})
