// A user sees and touches what it owns or what its groups share: every route that names a guest, an image or a policy group.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { mainOperations } from '../../../src/main/operations.ts'
import {
  guestBody,
  makeGuest,
  makeImage,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

let world: TestAppliance
const own = { owner: 'alice', group: 'staff' }
const ids: Record<Kind, string> = { guest: '', disk: '', media: '', policy: '' }
let upload = ''
let others = ''

before(async () => {
  world = await openTestAppliance()
  others = await makeImage(world, 'disk', { name: 'others', ...own })
  ids.guest = await makeGuest(world, { ...own, name: 'hers', auto_start: true, cloud_init: {} })
  await world.call('POST', `/instances/${ids.guest}/snapshots/`, { name: 'kept' })
  ids.disk = await makeImage(world, 'disk', { name: 'hers', ...own })
  ids.media = await makeImage(world, 'media', { name: 'hers', ...own })
  const empty = await world.call('POST', '/disk_images/', { name: 'empty', ...own })
  const begun = await world.call('POST', '/uploads/', {
    image: (empty.data as { id: string }).id,
    size: 512,
  })
  upload = (begun.data as { id: string }).id
  const rule = { action: 'accept', protocol: 'tcp', to_port: 22 }
  const policy = await world.call('POST', '/security_policy_groups/', {
    name: 'hers',
    user: 'alice',
    group: 'staff',
  })
  ids.policy = (policy.data as { id: string }).id
  for (const path of [`security_policy_groups/${ids.policy}`, `guests/${ids.guest}/security_policy`])
    for (const _ of [1, 2]) {
      const added = await world.call('POST', `/${path}/rules/`, rule)
      assert.equal(added.status, 200, added.text)
    }
})
after(() => world.close())

type Kind = 'guest' | 'disk' | 'media' | 'policy'

const rule = { action: 'accept', protocol: 'tcp', to_port: 80 }

/** Bodies that a route needs to come as far as the question whose the thing is. */
const bodies: Record<string, unknown> = {
  'guest.set_cores': { cores: 4 },
  'guest.set_memory': { memory: 2 ** 30 },
  'guest.resize_disk': { size: 2 ** 32, immediate: true },
  'guest.shrink_disk': { immediate: true },
  'guest.rename': { name: 'renamed' },
  'guest.set_auto_start': { enable: false },
  'guest.set_tags': { tags: ['hers'] },
  'guest.set_password': { password: '12345678' },
  'guest.set_cpu_priority': { priority: 'low' },
  'guest.set_disk_rates': { read_speed: 1 },
  'guest.set_network_rates': { send_speed: 8192 },
  'guest.delete': { force: true },
  'instance.stop': { reboot: false, force: true },
  'snapshot.create': { name: 'new' },
  'snapshot.restore': { target: 'kept' },
  'guest_policy.set_default': { action: 'reject' },
  'guest_policy.set_group': { security_policy_group: null },
  'guest_policy.add_rule': rule,
  'guest_policy.set_rule': rule,
  'guest_policy.move_rule': { direction: 'down' },
  'security_policy_group.modify': { description: 'new' },
  'security_policy_group.add_rule': rule,
  'security_policy_group.set_rule': rule,
  'security_policy_group.move_rule': { direction: 'down' },
  'disk_image.modify': { description: 'new' },
  'media_image.modify': { description: 'new' },
}

/** Of ids that the others' tables hold, or that name no thing of somebody's. */
const elsewhere = /^(batch|upload)\.|\.(create|status_cell|status_pool)$/

interface Route {
  id: string
  kind: Kind
  method: string
  path: string
  body: unknown
}

const kindOf = (operation: string): Kind =>
  operation.startsWith('disk_image')
    ? 'disk'
    : operation.startsWith('media_image')
      ? 'media'
      : operation.startsWith('security_policy_group')
        ? 'policy'
        : 'guest'

function routes(): Route[] {
  const config = { dataDir: world.dataDir, listen: { scheme: 'http', host: '127.0.0.1', port: 0 } }
  const all = mainOperations(world.appliance, config as Parameters<typeof mainOperations>[1])
  return all
    .filter(({ access }) => /^(guest|image|policy)\./.test(access))
    .filter(({ path, id }) => path.includes(':') && (id === 'snapshot.create' || !elsewhere.test(id)))
    .map(({ id, method, path }) => {
      const kind = kindOf(id)
      const body =
        id === 'guest.reset_system'
          ? { from_image: others }
          : id === 'instance.insert_media'
            ? { source: ids.media }
            : bodies[id]
      const filled = path.replace(':id', ids[kind]).replace(':index', '0').replace(':name', 'kept')
      return { id, kind, method, path: method === 'GET' ? filled : `${filled}?dry_run=true`, body }
    })
}

const also = (kind: Kind): Route[] =>
  kind === 'guest'
    ? [
        { ...consoleRoute, path: '/monitor_channels?dry_run=true', body: { guest: ids.guest } },
        { ...consoleRoute, id: 'disk_image.create', path: '/disk_images?dry_run=true', body: built() },
      ]
    : kind === 'disk'
      ? [{ ...consoleRoute, id: 'guest.create', path: '/guests?dry_run=true', body: cloned() }]
      : []

const consoleRoute = { id: 'monitor_channel.create', kind: 'guest' as Kind, method: 'POST' }
const built = () => ({ name: 'built', owner: 'bob', group: 'staff', guest: ids.guest })
const cloned = () => guestBody({ name: 'cloned', owner: 'bob', group: 'staff', from_image: ids.disk })

async function share(visibility: Record<string, boolean>): Promise<void> {
  const answer = await world.call('PUT', '/user_groups/staff', { visibility })
  assert.equal(answer.status, 200, answer.text)
}

const all = (shown: boolean) => ({
  instance_visible: shown,
  disk_image_visible: shown,
  media_image_visible: shown,
})

/** The status of every route for somebody, by operation. */
async function statuses(who: string, wanted: Route[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const { id, method, path, body } of wanted)
    found[id] = (await world.as(who)(method, path, body)).status
  return found
}

/** Who may not see a policy group is told of none. */
const closed = (wanted: Route[]) =>
  Object.fromEntries(wanted.map(({ id, kind }) => [id, kind === 'policy' ? 404 : 403]))

const every = (wanted: Route[], status: number) => Object.fromEntries(wanted.map(({ id }) => [id, status]))

describe('what names a guest, an image or a policy group', () => {
  it('is every such route', () => {
    assert.ok(routes().length > 45, String(routes().length))
    for (const kind of ['guest', 'disk', 'media', 'policy'] as const)
      assert.ok(routes().some((route) => route.kind === kind))
  })

  it('lets the owner and a member of the group do what a manager can', async () => {
    await share(all(true))
    const managers = await statuses('admin', routes())
    for (const [id, status] of Object.entries(managers))
      assert.ok(status === 200 || status === 206 || status === 409, `${id}: ${status}`)
    assert.deepEqual(await statuses('alice', routes()), managers)
    assert.deepEqual(await statuses('bob', routes()), managers)
    for (const kind of ['guest', 'disk'] as const)
      for (const [id, status] of Object.entries(await statuses('bob', also(kind))))
        assert.ok(status === 200 || status === 202, `${id}: ${status}`)
  })

  it('is closed to strangers, and to who shows no credential', async () => {
    assert.deepEqual(await statuses('carol', routes()), closed(routes()))
    for (const kind of ['guest', 'disk'] as const)
      assert.deepEqual(await statuses('carol', also(kind)), every(also(kind), 403))
    for (const { id, method, path, body } of routes())
      assert.equal((await world.as(null)(method, path, body)).status, 401, id)
  })

  const switches: [string, Kind][] = [
    ['instance_visible', 'guest'],
    ['disk_image_visible', 'disk'],
    ['media_image_visible', 'media'],
  ]
  for (const [name, kind] of switches)
    it(`is closed to members, and not to the owner, where the group does not share it: ${name}`, async () => {
      await share({ ...all(true), [name]: false })
      const [shut, open] = [routes().filter((route) => route.kind === kind), routes()]
      assert.deepEqual(await statuses('bob', shut), every(shut, 403))
      assert.deepEqual(await statuses('bob', also(kind)), every(also(kind), 403))
      const needs: Partial<Record<Kind, string>> = {
        disk: 'guest.reset_system',
        media: 'instance.insert_media',
      }
      const others = open.filter((route) => route.kind !== kind && route.id !== needs[kind])
      assert.deepEqual(await statuses('bob', others), await statuses('admin', others))
      const using = open.filter((route) => route.id === needs[kind])
      assert.deepEqual(await statuses('bob', using), every(using, 403))
      assert.deepEqual(await statuses('alice', shut), await statuses('admin', shut))
      await share(all(true))
    })

  it('is listed for those who may look at it, and for nobody else', async () => {
    const lists = [
      '/guest_search/?pool=default',
      '/instance_status/default',
      '/media_images/',
      '/media_image_search/',
      '/disk_images/',
      '/disk_image_search/',
    ]
    const seen = async (who: string) => {
      const counts: number[] = []
      for (const path of lists) counts.push(((await world.as(who)('GET', path)).data as unknown[]).length)
      const page = (await world.as(who)('POST', '/search/guests/', {})).data as { total: number }
      return [...counts, page.total]
    }
    await share(all(true))
    for (const who of ['alice', 'bob', 'audrey', 'martin', 'admin'])
      assert.deepEqual(await seen(who), [1, 1, 1, 1, 3, 3, 1], who)
    assert.deepEqual(await seen('carol'), [0, 0, 0, 0, 0, 0, 0])
    await share(all(false))
    assert.deepEqual(await seen('bob'), [0, 0, 0, 0, 0, 0, 0])
    for (const who of ['alice', 'audrey', 'martin', 'admin'])
      assert.deepEqual(await seen(who), [1, 1, 1, 1, 3, 3, 1], who)
    await share({ media_image_visible: true })
    assert.deepEqual(await seen('bob'), [0, 0, 1, 1, 0, 0, 0])
    await share(all(true))
  })

  it('an upload goes with its image', async () => {
    const get = async (who: string) => (await world.as(who)('GET', `/uploads/${upload}`)).status
    assert.deepEqual([await get('alice'), await get('bob'), await get('carol')], [200, 200, 403])
    await share({ disk_image_visible: false })
    assert.deepEqual([await get('alice'), await get('bob')], [200, 403])
    await share(all(true))
  })
})

describe('/resource_visibilities/', () => {
  const read = async (who: string) => (await world.as(who)('GET', '/resource_visibilities/')).data

  it('shows those of the own group: everything until somebody chooses', async () => {
    assert.deepEqual(await read('carol'), { ...all(true), group: 'guests' })
    assert.deepEqual(await read('admin'), { ...all(true), group: 'manager' })
  })

  it('is set for the own group by who may set settings; what is left out is not shared', async () => {
    const put = (who: string | null, body: unknown) => world.as(who)('PUT', '/resource_visibilities/', body)
    for (const who of ['alice', 'audrey', 'martin'])
      assert.equal((await put(who, { instance_visible: true })).status, 403, who)
    assert.equal((await put(null, {})).status, 401)
    const wrong = await put('admin', { instance_visible: 'yes' })
    assert.deepEqual([wrong.status, wrong.field], [400, 'instance_visible'])
    assert.equal((await put('admin', { disk_image_visible: true })).status, 200)
    assert.deepEqual(await read('admin'), { ...all(false), disk_image_visible: true, group: 'manager' })
    assert.deepEqual(await read('alice'), { ...all(true), group: 'staff' })
    const { tasks: _, ...entry } = (
      (await world.call('GET', '/journal/?limit=1')).data as { entries: Record<string, unknown>[] }
    ).entries[0] as Record<string, unknown>
    assert.equal(entry['action'], 'group.share manager')
    assert.equal((await put('admin', all(true))).status, 200)
  })
})
