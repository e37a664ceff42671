// The request bodies of the original's document run as they are printed, once the names in them exist.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, it } from 'node:test'
import { eq } from 'drizzle-orm'
import * as schema from '../../../src/db/schema.ts'
import type { Change } from '../../../src/zone/zone.ts'
import {
  type Answer,
  type Call,
  ended,
  makeGuest,
  makeImage,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

const { examples } = JSON.parse(
  readFileSync(new URL('../../fixtures/nano/examples.json', import.meta.url), 'utf8'),
) as { examples: { request: string; body: string }[] }

const unused = new Set(examples.map(({ request }) => request))
let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
  await prepare()
})
after(() => world.close())

const commit = (changes: Change[]) =>
  world.appliance.zone.commit({ who: 'test', requestId: 'test', action: 'names of the document' }, changes)

async function ok(answer: Promise<Answer>): Promise<Answer> {
  const got = await answer
  assert.ok(got.status === 200 || got.status === 202, got.text)
  return got
}

/** Pools, people and lengths of passwords that the examples take for granted. */
async function prepare(): Promise<void> {
  const { call } = world
  await ok(call('PUT', '/settings/password.min_length', { value: 6 }))
  await ok(call('POST', '/compute_pools/pool_1', { storage: 'local', network: 'default' }))
  await ok(call('DELETE', '/compute_pool_cells/default/here'))
  await ok(call('POST', '/compute_pool_cells/pool_1/here'))
}

/** Runs one example; words in braces of its path are replaced in order. */
async function run(
  request: string,
  replaced: readonly string[] = [],
  call: Call = world.call,
): Promise<Answer> {
  const example = examples.find((candidate) => candidate.request === request)
  assert.ok(example, `the document has no example for ${request}`)
  unused.delete(request)
  const [method = '', path = ''] = request.split(' ')
  const rest = [...replaced]
  const answer = await call(
    method,
    path.replace(/\{\w+\}/g, () => rest.shift() ?? ''),
    example.body,
  )
  assert.ok(answer.status === 200 || answer.status === 202, `${request}: ${answer.text}`)
  return answer
}

const dataOf = (answer: Answer) => answer.data as Record<string, unknown>
const show = async (path: string) => dataOf(await world.call('GET', path))

/** The same guest once more, under an id that the document has made up. */
async function guestNamed(id: string, from: string): Promise<void> {
  const { zone, secrets } = world.appliance
  const { version: _, ...row } = zone.db.select().from(schema.guest).where(eq(schema.guest.id, from)).get()!
  const name = `twin-${id.slice(0, 4)}`
  const monitorSecret = secrets.encrypt('some_secret', `guest:${id}:monitor`)
  const after = { ...row, id, name, mac: `52:54:00:ff:ff:0${id.length % 10}`, address: null, monitorSecret }
  await commit([{ table: 'guest', key: id, before: null, after }])
  const domain = world.hypervisor.world.find(from)
  world.hypervisor.world.domains.set(id, { ...domain, id, name: `manager.${name}` })
}

/** A media image under the id of the document. */
async function mediumNamed(id: string): Promise<void> {
  const { db } = world.appliance.zone
  const made = await makeImage(world, 'media', { name: 'medium' })
  const { version: _, ...row } = db.select().from(schema.image).where(eq(schema.image.id, made)).get()!
  await commit([
    { table: 'image', key: id, before: null, after: { ...row, id, name: 'medium-of-the-document' } },
  ])
}

it('creates, changes and deletes the guest of the document; small numbers are MiB', async () => {
  const answer = await run('POST /guests/')
  assert.equal(answer.status, 202)
  assert.equal((await ended(world, answer)).state, 'done')
  const id = String(dataOf(answer)['id'])
  const guest = await show(`/guests/${id}`)
  assert.equal(guest['name'], 'manager.some_instance')
  assert.equal(guest['memory'], 4048 * 2 ** 20)
  assert.deepEqual(guest['disks'], [4048 * 2 ** 20, 38443 * 2 ** 20])
  assert.deepEqual(
    [guest['cores'], guest['pool'], guest['system_version'], guest['running']],
    [8, 'pool_1', 'centos7', true],
  )
  assert.deepEqual(await show(`/guest/${id}/auth`), { user: 'nano', password: '12345678' })
  await run('PUT /guest/{id}/cores', [id])
  await run('PUT /guest/{id}/memory', [id])
  const changed = await show(`/guests/${id}`)
  assert.deepEqual([changed['cores'], changed['memory']], [4, 4294967296])
  while (!world.hypervisor.world.find(id).agentConnected)
    await new Promise((resolve) => setTimeout(resolve, 2))
  assert.deepEqual((await run('PUT /guest/{id}/auth', [id])).data, { user: 'root', password: 'asdb12356' })
  await run('DELETE /guests/{id}', [id])
  assert.equal((await world.call('GET', `/guests/${id}`)).status, 404)
})

it('renames, starts from media, inserts, snapshots, restores and stops', async () => {
  const media = 'bd0fe127-a8db-4c89-98ea-9a5070b08aae'
  await mediumNamed(media)
  const id = await makeGuest(world, { name: 'first', pool: 'pool_1' })
  await run('PUT /guest/{id}/name/', [id])
  assert.equal((await show(`/guests/${id}`))['name'], 'manager.some_instance')
  await run('POST /instances/{id}', [id])
  assert.equal((await show(`/instances/${id}`))['media_source'], 'medium-of-the-document')
  await ok(world.call('DELETE', `/instances/${id}/media`))
  await run('POST /instances/{id}/media', [id])
  await run('POST /instances/{id}/snapshots/', [id])
  assert.equal(
    (await show(`/instances/${id}/snapshots/snapshot1`))['description'],
    'this is a snapshot example',
  )
  await ok(world.call('DELETE', `/instances/${id}/media`))
  await run('PUT /instances/{id}/snapshots/', [id])
  await ok(world.call('POST', `/instances/${id}`))
  await run('DELETE /instances/{id}', [id])
  assert.equal((await show(`/guests/${id}`))['running'], false)
})

it('opens the console of the guest of the document', async () => {
  const id = await makeGuest(world, { name: 'watched', pool: 'pool_1', auto_start: true })
  await guestNamed('some_guest_id', id)
  const channel = dataOf(await run('POST /monitor_channels/{id}'))
  assert.deepEqual(
    [channel['protocol'], channel['username'], channel['password']],
    ['vnc', '', 'some_secret'],
  )
})

it('makes and changes images, and builds one of a guest', async () => {
  const media = dataOf(await run('POST /media_images/{id}'))['id']
  await run('PUT /media_images/{id}', [String(media)])
  const image = await show(`/media_images/${media}`)
  assert.deepEqual([image['name'], image['tags']], ['centos7_64_minimal', ['linux', '64bit', 'centos']])
  const source = await makeGuest(world, { name: 'source', pool: 'pool_1' })
  await guestNamed('dir723rgfyu-rre67grg-efw', source)
  const built = await run('POST /disk_images/{id}')
  assert.equal(built.status, 202)
  assert.equal((await ended(world, built)).state, 'done')
  const id = String(dataOf(built)['id'])
  await run('PUT /disk_images/{id}', [id])
  const disk = await show(`/disk_images/${id}`)
  assert.deepEqual([disk['name'], disk['created'], disk['progress']], ['centos7_64_minimal', true, 100])
})

it('makes and changes pools and ranges', async () => {
  await run('POST /address_pools/{name}', ['addresses'])
  await run('POST /address_pools/{name}/{type}/ranges/{start}', ['addresses', 'internal', '172.16.3.1'])
  const pool = await show('/address_pools/addresses')
  assert.deepEqual([pool['gateway'], pool['dns']], ['172.16.3.254', ['8.8.8.8', '10.10.10.10']])
  await ok(world.call('POST', '/address_pools/nat_address_pool_1', { gateway: '172.16.4.254', dns: [] }))
  const { db } = world.appliance.zone
  const storage = db.select().from(schema.storagePool).get()!
  const cells = ['cell1', 'cell2'].map(
    (name): Change => ({
      table: 'cell',
      key: name,
      before: null,
      after: { name, pool: null, address: '', enabled: true, createdAt: 0 },
    }),
  )
  const stores = ['some_ceph_cluster', 'nfs-poo1'].map((name): Change => {
    const { version: _, ...row } = storage
    return {
      table: 'storagePool',
      key: name,
      before: null,
      after: { ...row, name, target: `/elsewhere/${name}` },
    }
  })
  await commit([...cells, ...stores])
  // Both ask for failover, for which hosts must share the storage.
  Object.assign(world.volumes.capabilities, { shared: true })
  await run('POST /compute_pools/{pool}', ['pool_2'])
  const { name: _, ...made } = await show('/compute_pools/pool_2')
  const expected = { enabled: true, cells: 2, network: 'nat_address_pool_1', storage: 'some_ceph_cluster' }
  assert.partialDeepStrictEqual(made, { ...expected, failover: true })
  await run('PUT /compute_pools/{pool}', ['default'])
  assert.equal((await show('/compute_pools/default'))['storage'], 'nfs-poo1')
  await run('PUT /compute_pool_cells/{pool}/{cell}', ['pool_1', 'here'])
  assert.equal((await show('/compute_pool_cells/pool_1/here'))['enabled'], false)
})

it('makes and changes people, their groups, roles and sessions', async () => {
  await run('POST /roles/{role_name}', ['sailor'])
  await run('PUT /roles/{role_name}', ['sailor'])
  assert.deepEqual((await show('/roles/sailor'))['menu'], [
    'dashboard',
    'compute_pool',
    'address_pool',
    'instance',
  ])
  await run('POST /user_groups/{group_name}', ['crew'])
  await run('PUT /user_groups/{group_name}', ['crew'])
  assert.deepEqual((await show('/user_groups/crew'))['role'], ['manager', 'user'])
  await run('POST /users/{user_name}', ['akumas'])
  await run('PUT /users/{user_name}', ['akumas'])
  assert.equal((await show('/users/akumas'))['mail'], 'a@b.com')
  await ok(world.call('POST', '/users/alex', { password: '123456' }))
  await ok(world.call('POST', '/user_groups/crew/members/alex'))
  const first = await ok(world.as(null)('POST', '/sessions/', { user: 'alex', password: '123456' }))
  const alex = world.as(String(dataOf(first)['session']))
  await run('PUT /users/{user_name}/password/', ['alex'], alex)
  const session = dataOf(await run('POST /sessions/', [], world.as(null)))
  assert.equal(typeof session['timeout'], 'number')
  const { user } = dataOf(
    await world.as(String(session['session']))('GET', `/sessions/${session['session']}`),
  )
  assert.equal(user, 'alex')
})

it('writes the log line', async () => {
  await run('POST /logs/')
  const logs = await world.call('GET', '/logs/?limit=1')
  assert.match(logs.text, /here is a new log for somebody creating a new instance/)
})

it('was all of them', () => {
  assert.deepEqual([...unused], [])
})
