// Domains that Nacelle did not make: listed with what stands in the way, and adopted.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import * as schema from '../../../src/db/schema.ts'
import { everything, makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'
import { foreignId, foreignMac, makeForeign } from '../../support/foreign-domain.ts'

let world: TestAppliance
beforeEach(async () => {
  world = await openTestAppliance()
})
afterEach(() => world.close())

interface Listed {
  id: string
  name: string
  state: string
  adoptable: boolean
  refusals: string[]
  changes: string[]
  disks: { path: string; storage: string; volume: string; size: number }[]
}
const list = async () => (await world.call('GET', '/api/v1/unmanaged_guests/')).data as Listed[]
const adopt = (more: object = {}, call = world.call) =>
  call('POST', `/api/v1/unmanaged_guests/${foreignId}/adopt`, { owner: 'admin', group: 'manager', ...more })
const guest = async () =>
  (await world.call('GET', `/api/v1/guests/${foreignId}`)).data as Record<string, unknown>
const domain = () => world.hypervisor.world.domains.get(foreignId)

test('what is no guest is listed, and nothing else', async () => {
  await makeGuest(world)
  assert.deepEqual(await list(), [])
  await makeForeign(world, { running: true })
  const [found, ...more] = await list()
  assert.deepEqual(more, [])
  assert.deepEqual([found?.name, found?.state, found?.adoptable], ['legacy', 'running', true])
  assert.match(found?.changes.join() ?? '', /held to its address and its security policy/)
  assert.deepEqual(found?.disks[0], {
    ...{ target: 'vda', bus: 'virtio', path: '/simulated/legacy.qcow2', format: 'qcow2' },
    ...{ size: 2 ** 30, storage: 'local', volume: 'legacy.qcow2' },
  })
  assert.equal((await world.as('audrey')('GET', '/api/v1/unmanaged_guests/')).status, 200)
  assert.equal((await world.as('alice')('GET', '/api/v1/unmanaged_guests/')).status, 403)
})

test('a running one is adopted as it runs, and is a guest from then on', async () => {
  await makeForeign(world, { running: true })
  world.hypervisor.world.foreign.set(foreignId, { autoStart: true })
  const answer = await adopt()
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(answer.data, { id: foreignId })
  assert.deepEqual([domain()?.state, domain()?.name, domain()?.starts], ['running', 'legacy', 1])
  assert.equal(world.hypervisor.world.foreign.get(foreignId)?.autoStart, false, 'libvirt starts it no more')
  const { name, state, cores, disks, auto_start, ethernet_address } = await guest()
  assert.deepEqual(
    { name, state, cores, disks, auto_start, ethernet_address },
    {
      ...{ name: 'manager.legacy', state: 'running', cores: 2, disks: [2 ** 30], auto_start: true },
      ethernet_address: foreignMac,
    },
  )
  assert.deepEqual(await list(), [])
  const volumes = await world.call('GET', '/api/v1/storage_pools/local/volumes/')
  assert.match(volumes.text, /"name":"legacy.qcow2","status":"owned"/)
  for (const [method, path, body] of [
    ['POST', `/instances/${foreignId}/snapshots/`, { name: 'a' }],
    ['DELETE', `/instances/${foreignId}`, { force: true }],
    ['POST', `/instances/${foreignId}`, {}],
  ] as const) {
    const done = await world.call(method, `/api/v1${path}`, body)
    assert.equal(done.status, 200, done.text)
  }
  assert.equal(domain()?.name, 'manager.legacy', 'its definition is ours now')
  assert.equal((await world.call('DELETE', `/api/v1/guests/${foreignId}`, { force: true })).status, 200)
  assert.equal(domain(), undefined)
  assert.deepEqual([...world.volumes.inUse.keys()], [])
})

test('one that stands still is defined anew at once, and keeps the address that it was given', async () => {
  await makeForeign(world)
  const address = world.appliance.zone.db.select().from(schema.addressRange).get()?.start ?? ''
  const network = world.appliance.zone.db.select().from(schema.addressPool).get()?.network ?? ''
  await world.network.addHost(network, { mac: foreignMac, address, hostname: 'legacy' })
  assert.equal((await adopt({ name: 'manager.old' })).status, 200)
  assert.equal(domain()?.name, 'manager.old')
  assert.match(JSON.stringify(await guest()), new RegExp(`"allocated_address":"${address}/`))
})

describe('nothing is changed by', () => {
  const refused = async (
    answer: ReturnType<typeof adopt>,
    status: number,
    pattern: RegExp,
    before: object,
  ) => {
    const { status: found, text } = await answer
    assert.equal(found, status, text)
    assert.match(text, pattern)
    assert.deepEqual(await everything(world), before)
  }

  test('a dry run, which says what would be done', async () => {
    await makeForeign(world)
    world.hypervisor.world.foreign.set(foreignId, { changes: ['its sound card goes'] })
    const before = await everything(world)
    const path = `/api/v1/unmanaged_guests/${foreignId}/adopt?dry_run=true`
    const answer = await world.call('POST', path, { owner: 'admin', group: 'manager' })
    assert.equal(answer.status, 200, answer.text)
    assert.match(answer.text, /record 'legacy.qcow2' of pool 'local' as its disk, where it lies/)
    assert.match(answer.text, /its sound card goes/)
    assert.deepEqual(await everything(world), before)
  })

  test('what cannot be carried over, each named', async () => {
    const disks = [{ target: 'vda', bus: 'virtio', label: '/srv/elsewhere.qcow2', format: 'qcow2' }]
    await makeForeign(world)
    world.hypervisor.world.foreign.set(foreignId, {
      disks,
      obstacles: ['a device is passed through', 'it has a vsock'],
    })
    const before = await everything(world)
    await refused(
      adopt(),
      409,
      /passed through; it has a vsock; disk vda '\/srv\/elsewhere.qcow2' lies directly on none/,
      before,
    )
    const [found] = await list()
    assert.deepEqual([found?.adoptable, found?.refusals.length], [false, 3])
  })

  for (const [what, more, status, pattern] of [
    ['an unknown user', { owner: 'nobody' }, 404, /no user 'nobody'/],
    ['an unknown group', { group: 'nowhere' }, 404, /no user group/],
    ['an unknown pool', { pool: 'nowhere' }, 404, /no compute pool/],
    ['a name that is none', { name: 'a/b' }, 400, /name must be/],
    ['a wrong type', { reconnect: 'yes' }, 400, /true or false/],
  ] as const)
    test(what, async () => {
      await makeForeign(world)
      await refused(adopt(more), status, pattern, await everything(world))
    })

  test('a card that is plugged in elsewhere, unless it may be changed', async () => {
    const source = { kind: 'network' as const, name: 'default' }
    await makeForeign(world, { network: { mac: foreignMac, source } })
    await refused(adopt(), 409, /is on network 'default'.*say reconnect/, await everything(world))
    assert.equal((await adopt({ reconnect: true })).status, 200)
  })

  test('a disk of a format that its name does not say', async () => {
    await makeForeign(world)
    const path = world.volumes.pathOf('legacy.qcow2')
    world.hypervisor.world.foreign.set(foreignId, {
      disks: [{ target: 'vda', bus: 'virtio', label: path, format: 'raw' }],
    })
    await refused(adopt(), 409, /is raw: rename it/, await everything(world))
  })

  test('a disk that stands on what is not recorded', async () => {
    await makeForeign(world)
    await world.volumes.create('base.qcow2', { sizeBytes: 1 << 20, format: 'qcow2' })
    await world.volumes.relink('legacy.qcow2', 'base.qcow2')
    await refused(adopt(), 409, /stands on 'base.qcow2'.*volumes\/base.qcow2\/adopt/, await everything(world))
    await world.call('POST', '/api/v1/storage_pools/local/volumes/base.qcow2/adopt')
    assert.equal((await adopt()).status, 200)
  })

  test('a guest, an unknown domain, and who may not', async () => {
    await makeForeign(world)
    const before = await everything(world)
    await refused(adopt({}, world.as('alice')), 403, /system.write/, before)
    await refused(adopt({}, world.as('audrey')), 403, /system.write/, before)
    world.hypervisor.world.domains.delete(foreignId)
    assert.equal((await adopt()).status, 404)
    const id = await makeGuest(world)
    const path = `/api/v1/unmanaged_guests/${id}/adopt`
    assert.equal((await world.call('POST', path, { owner: 'admin', group: 'manager' })).status, 409)
  })
})

test('after a failed adoption the domain is left alone', async () => {
  await makeForeign(world)
  world.hypervisor.world.foreign.set(foreignId, { autoStart: true })
  world.hypervisor.world.fault = (name) => {
    if (name === 'foreign.setAutoStart') throw new Error('broken')
  }
  assert.equal((await adopt()).status, 500)
  world.hypervisor.world.fault = undefined
  await world.appliance.reconcilers.nudge('domains')
  assert.equal(domain()?.name, 'legacy')
  assert.equal((await list()).length, 1)
  assert.deepEqual([...world.volumes.inUse.keys()], ['legacy.qcow2'])
})
