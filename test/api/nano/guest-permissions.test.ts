// Who sees and touches which guests: managers all, maintainers nearly all, auditors with their eyes, users their own.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  everything,
  guestBody,
  makeGuest,
  makeImage,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

let world: TestAppliance
const ids: Record<string, string> = {}
let image = ''
let media = ''

before(async () => {
  world = await openTestAppliance()
  ids['admins'] = await makeGuest(world, { name: 'admins', auto_start: true, cloud_init: {} })
  ids['alices'] = await makeGuest(
    world,
    { name: 'alices', owner: 'alice', group: 'staff', auto_start: true, cloud_init: {} },
    world.as('alice'),
  )
  ids['carols'] = await makeGuest(world, {
    name: 'carols',
    owner: 'carol',
    group: 'guests',
    auto_start: true,
  })
  image = await makeImage(world, 'disk', { name: 'of-admin' })
  media = await makeImage(world, 'media', { name: 'of-admin' })
})
after(() => world.close())

const readings = (id: string): [string, string, unknown?][] => [
  ['GET', `/guests/${id}`],
  ['GET', `/instances/${id}`],
  ['GET', `/instances/${id}/snapshots/`],
]
const changes = (id: string): [string, string, unknown?][] => [
  ['PUT', `/guests/${id}/cores`, { cores: 4 }],
  ['PUT', `/guests/${id}/memory`, { memory: 2 ** 30 }],
  ['PUT', `/guests/${id}/name`, { name: 'stolen' }],
  ['DELETE', `/guests/${id}`, { force: true }],
  ['POST', `/instances/${id}`, {}],
  ['DELETE', `/instances/${id}`, { force: true }],
  ['POST', `/instances/${id}/media`, { source: media }],
  ['DELETE', `/instances/${id}/media`],
  ['POST', `/instances/${id}/snapshots`, { name: 'a' }],
  ['PUT', `/instances/${id}/snapshots`, { target: 'a' }],
  ['DELETE', `/instances/${id}/snapshots/a`],
]
const secrets = (id: string): [string, string, unknown?][] => [
  ['GET', `/guests/${id}/auth`],
  ['PUT', `/guests/${id}/auth`, { password: '12345678' }],
  ['POST', '/monitor_channels', { guest: id }],
]

async function assertAll(
  who: string | null,
  calls: [string, string, unknown?][],
  status: number,
): Promise<void> {
  for (const [method, path, body] of calls) {
    const answer = await world.as(who)(method, path, body)
    assert.equal(answer.status, status, `${who}: ${method} ${path}: ${answer.text}`)
  }
}

const seenBy = async (who: string) => {
  const call = world.as(who)
  const names = (data: unknown) => (data as { name: string }[]).map(({ name }) => name)
  const found = names((await call('GET', '/guest_search?pool=default')).data)
  const page = (await call('POST', '/search/guests', {})).data as {
    result: { name: string }[]
    total: number
  }
  const status = names((await call('GET', '/instance_status/default')).data)
  assert.deepEqual(names(page.result), found)
  assert.equal(page.total, found.length)
  assert.deepEqual(status, found)
  return found
}

describe('a user', () => {
  it('finds its own and those of its groups, and no others', async () => {
    assert.deepEqual(await seenBy('alice'), ['staff.alices'])
    assert.deepEqual(await seenBy('bob'), ['staff.alices'])
    assert.deepEqual(await seenBy('carol'), ['guests.carols'])
  })

  it('reads its own and cannot look at, change or open the others', async () => {
    await assertAll('bob', readings(ids['alices'] ?? ''), 200)
    const earlier = await everything(world)
    for (const other of [ids['admins'] ?? '', ids['carols'] ?? ''])
      await assertAll('alice', [...readings(other), ...changes(other), ...secrets(other)], 403)
    assert.deepEqual(await everything(world), earlier)
  })

  it('may do everything to its own', async () => {
    const id = ids['alices'] ?? ''
    const call = world.as('alice')
    assert.equal((await call('GET', `/guests/${id}/auth`)).status, 200)
    assert.match(
      String(((await call('GET', `/guests/${id}`)).data as { monitor_secret: string }).monitor_secret),
      /^.{8}$/,
    )
    assert.equal((await call('POST', '/monitor_channels', { guest: id })).status, 200)
    assert.equal((await call('PUT', `/guests/${id}/cores`, { cores: 4 })).status, 200)
    assert.equal((await call('POST', `/instances/${id}/snapshots`, { name: 'a' })).status, 200)
    assert.equal((await call('DELETE', `/instances/${id}`, { force: true })).status, 200)
    assert.equal((await call('POST', `/instances/${id}`)).status, 200)
  })

  it('makes guests for itself in its own groups and nowhere else', async () => {
    const earlier = await everything(world)
    const call = world.as('alice')
    for (const [owner, group] of [
      ['admin', 'manager'],
      ['alice', 'manager'],
      ['alice', 'guests'],
      ['carol', 'guests'],
    ]) {
      const answer = await call('POST', '/guests', guestBody({ name: 'mine', owner, group }))
      assert.equal(answer.status, 403, `${owner} ${group}: ${answer.text}`)
    }
    assert.deepEqual(await everything(world), earlier)
    const own = await call(
      'POST',
      '/guests?dry_run=true',
      guestBody({ name: 'mine', owner: 'alice', group: 'staff' }),
    )
    assert.equal(own.status, 200, own.text)
  })

  it('clones and inserts only images that it may read', async () => {
    const earlier = await everything(world)
    const call = world.as('alice')
    const id = ids['alices'] ?? ''
    const body = guestBody({ name: 'mine', owner: 'alice', group: 'staff', from_image: image })
    assert.equal((await call('POST', '/guests', body)).status, 403)
    assert.equal((await call('POST', `/instances/${id}/media`, { source: media })).status, 403)
    assert.deepEqual(await everything(world), earlier)
  })
})

describe('an auditor', () => {
  it('reads everything but secrets, and changes nothing', async () => {
    assert.deepEqual(await seenBy('audrey'), ['guests.carols', 'manager.admins', 'staff.alices'])
    const earlier = await everything(world)
    for (const id of Object.values(ids)) {
      await assertAll('audrey', readings(id), 200)
      await assertAll('audrey', [...changes(id), ...secrets(id)], 403)
      const guest = (await world.as('audrey')('GET', `/guests/${id}`)).data as { monitor_secret: string }
      assert.equal(guest.monitor_secret, '')
    }
    assert.equal((await world.as('audrey')('POST', '/guests', guestBody({ name: 'x' }))).status, 403)
    assert.deepEqual(await everything(world), earlier)
  })
})

describe('a maintainer', () => {
  it('sees and changes all guests', async () => {
    assert.deepEqual(await seenBy('martin'), ['guests.carols', 'manager.admins', 'staff.alices'])
    const id = ids['carols'] ?? ''
    const call = world.as('martin')
    assert.equal((await call('PUT', `/guests/${id}/cores`, { cores: 6 })).status, 200)
    assert.equal((await call('GET', `/guests/${id}/auth`)).status, 200)
  })
})

describe('nobody', () => {
  it('sees and touches nothing', async () => {
    const earlier = await everything(world)
    const id = ids['admins'] ?? ''
    const calls = [...readings(id), ...changes(id), ...secrets(id)]
    await assertAll(null, calls, 401)
    await assertAll('an-unknown-credential', calls, 401)
    await assertAll(null, [['POST', '/guests', guestBody()]], 401)
    await assertAll(null, [['GET', '/guest_search?pool=default']], 401)
    assert.deepEqual(await everything(world), earlier)
  })
})

describe('a role of its own making', () => {
  it('that reads all but opens only its own consoles sees only its own monitor secrets', async () => {
    const permissions = ['guest.read', 'guest.console.own']
    assert.equal(
      (await world.call('POST', '/roles/watcher', { menu: [], resource: permissions })).status,
      200,
    )
    assert.equal((await world.call('PUT', '/user_groups/guests', { role: ['watcher'] })).status, 200)
    const call = world.as('carol')
    const secretOf = async (name: string) =>
      ((await call('GET', `/guests/${ids[name]}`)).data as { monitor_secret: string }).monitor_secret
    assert.equal((await secretOf('carols')).length, 8)
    assert.equal(await secretOf('admins'), '')
    const status = (await call('GET', '/instance_status/default')).data as {
      name: string
      monitor_secret: string
    }[]
    assert.deepEqual(
      status.filter(({ monitor_secret }) => monitor_secret !== '').map(({ name }) => name),
      ['guests.carols'],
    )
  })
})
