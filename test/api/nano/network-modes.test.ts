// How guests are connected by the network mode of their pool, and where they are placed.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import {
  ended,
  everything,
  guestBody,
  makeGuest,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

let world: TestAppliance
const gib = 2 ** 30

beforeEach(async () => {
  world = await openTestAppliance({ hostMemoryBytes: 8 * gib })
})
afterEach(() => world.close())

const ok = async (method: string, path: string, body?: unknown) => {
  const answer = await world.call(method, `/api/v1${path}`, body)
  assert.equal(answer.status, 200, answer.text)
  return answer.data as Record<string, unknown>
}
const refused = async (code: string, field: string | undefined, body: Record<string, unknown>) => {
  const earlier = await everything(world)
  const answer = await world.call('POST', '/api/v1/guests/', guestBody(body))
  assert.deepEqual([answer.code, answer.field], [code, field], answer.text)
  assert.deepEqual(await everything(world), earlier)
  return answer
}

interface Shown {
  internal: { allocated_address?: string }
  external: { network_address?: string }
  ports: { guest: number; host: number }[]
}
const shown = async (id: string) => (await ok('GET', `/guests/${id}`)) as unknown as Shown
const addressOf = async (id: string) => (await shown(id)).internal.allocated_address?.split('/')[0]
const settle = () => world.appliance.reconcilers.nudge('firewall')

async function monoPool(end = '198.51.100.11') {
  await ok('POST', '/address_pools/default/external/ranges/198.51.100.10', {
    end,
    netmask: '255.255.255.0',
  })
  await ok('PUT', '/compute_pools/default', { network_mode: 'mono' })
}

test('a guest of a mono pool has an external address of its own, until it goes', async () => {
  await refusedBeforeRange()
  await monoPool()
  const id = await makeGuest(world, { name: 'a' })
  const external = (await shown(id)).external.network_address
  assert.match(external ?? '', /^198\.51\.100\.1[01]$/)
  await settle()
  assert.deepEqual(world.network.firewall()?.mappings, [{ external, address: await addressOf(id) }])
  const held = await world.call('DELETE', '/api/v1/address_pools/default/external/ranges/198.51.100.10')
  assert.equal(held.code, 'conflict')
  assert.match(held.message, /is in use/i)
  for (const [change, field] of [
    [{ network_mode: 'share' }, 'network_mode'],
    [{ network: '' }, 'network'],
  ] as const) {
    const answer = await world.call('PUT', '/api/v1/compute_pools/default', change)
    assert.deepEqual([answer.code, answer.field], ['conflict', field])
    assert.match(answer.message, /'manager\.a'/)
  }
  await makeGuest(world, { name: 'b' })
  await refused('insufficient_capacity', undefined, { name: 'c' })
  await ended(world, await world.call('DELETE', `/api/v1/guests/${id}`, { force: true }))
  await settle()
  assert.equal(world.network.firewall()?.mappings.length, 1)
  assert.equal((await shown(await makeGuest(world, { name: 'd' }))).external.network_address, external)
})

async function refusedBeforeRange() {
  await ok('PUT', '/compute_pools/default', { network_mode: 'mono' })
  const { message } = await refused('insufficient_capacity', 'pool', { name: 'x' })
  assert.match(message, /no external range/)
  await refused('invalid', 'ports', { name: 'x', ports: [22] })
  await ok('PUT', '/compute_pools/default', { network_mode: 'share' })
}

test('two guests that are made at once never get one external address', async () => {
  await monoPool('198.51.100.17')
  const ids = await Promise.all([...'abcdefgh'].map((name) => makeGuest(world, { name })))
  const seen = await Promise.all(ids.map(async (id) => (await shown(id)).external.network_address))
  assert.equal(new Set(seen).size, ids.length)
})

test('forwarded ports take the same port or the next free one, and come back after a reload', async () => {
  const first = await makeGuest(world, { name: 'a', ports: [8022, 8080] })
  const second = await makeGuest(world, { name: 'b', ports: [8080] })
  assert.deepEqual((await shown(first)).ports, [
    { guest: 8022, host: 8022 },
    { guest: 8080, host: 8080 },
  ])
  assert.deepEqual((await shown(second)).ports, [{ guest: 8080, host: 8081 }])
  await settle()
  const forwards = () => world.network.firewall()?.forwards.filter(({ protocol }) => protocol === 'tcp')
  const before = forwards()
  assert.equal(before?.length, 3)
  world.network.flushFirewall()
  await settle()
  assert.deepEqual(forwards(), before)
  await ended(world, await world.call('DELETE', `/api/v1/guests/${first}`, { force: true }))
  await settle()
  assert.deepEqual(
    forwards()?.map(({ hostPort }) => hostPort),
    [8081],
  )
  assert.deepEqual((await shown(await makeGuest(world, { name: 'c', ports: [8080] }))).ports, [
    { guest: 8080, host: 8080 },
  ])
})

/** The bridge is there, the address pool a part of the LAN. */
async function lanPool() {
  const { bridges } = world.network
  world.network.bridges = async () => ['br0', ...(await bridges())]
  await ok('PUT', '/compute_pool_cells/default/here', { bridge: 'br0' })
  await ok('POST', '/address_pools/lan', { gateway: '192.0.2.1', provider: 'cloudinit' })
  const range = { end: '192.0.2.109', netmask: '255.255.255.0' }
  const early = await world.call('POST', '/api/v1/address_pools/lan/internal/ranges/192.0.2.100', range)
  assert.match(early.message, /network mode 'plain'/)
  await ok('PUT', '/compute_pools/default', { network_mode: 'plain', network: 'lan' })
  await ok('POST', '/address_pools/lan/internal/ranges/192.0.2.100', range)
}

test('a guest of a plain pool is on the bridge of its cell, with an address of the LAN', async () => {
  await lanPool()
  assert.ok((await world.network.networks()).every(({ name }) => name !== 'nacelle-lan'))
  await refused('invalid', 'ports', { name: 'x', ports: [22] })
  await refused('invalid', 'network_address', { name: 'x', network_address: '192.0.2.110' })
  const id = await makeGuest(world, { name: 'a', auto_start: true, network_address: '192.0.2.105' })
  const spec = world.hypervisor.world.domains.get(id)?.defined
  assert.deepEqual(spec?.network?.source, { kind: 'bridge', name: 'br0' })
  assert.equal(spec?.network?.address, '192.0.2.105')
  await settle()
  assert.ok(world.network.firewall()?.masquerade.every(({ subnet }) => subnet !== '192.0.2.0/24'))
  const clearing = await world.call('PUT', '/api/v1/compute_pool_cells/default/here', { bridge: '' })
  assert.deepEqual([clearing.code, clearing.field], ['conflict', 'bridge'])
})

test('a plain pool without an address pool leaves addresses to the LAN, and guards the MAC', async () => {
  await lanPool()
  await ok('PUT', '/compute_pools/default', { network: '' })
  const id = await makeGuest(world, { name: 'a' })
  const network = world.hypervisor.world.domains.get(id)?.defined?.network
  assert.deepEqual([network?.source.kind, network?.address], ['bridge', undefined])
  const rule = { action: 'reject', protocol: 'tcp', to_port: 22 }
  const added = await world.call('POST', `/api/v1/guests/${id}/security_policy/rules/`, rule)
  assert.ok(added.status < 300, added.text)
  const { filters } = world.drivers.hypervisor
  const wanted = { id, mac: network?.mac ?? '', address: null }
  const policy = { rules: [], otherwise: 'accept' as const }
  assert.deepEqual((await filters.compare([{ ...wanted, policy }])).differing, [id])
  const kept = await world.call('PUT', '/api/v1/compute_pools/default', { network_mode: 'share' })
  assert.deepEqual([kept.code, kept.field], ['conflict', 'network_mode'])
})

test('without its bridge a plain guest is neither made nor started, and is told so', async () => {
  const early = await world.call('PUT', '/api/v1/compute_pools/default', { network_mode: 'plain' })
  assert.deepEqual([early.code, early.field], ['conflict', 'network_mode'])
  await lanPool()
  const id = await makeGuest(world, { name: 'a' })
  world.network.bridges = async () => []
  const { message } = await refused('insufficient_capacity', 'pool', { name: 'b' })
  assert.match(message, /'here' has lost its bridge 'br0'/)
  const start = await world.call('POST', `/api/v1/instances/${id}`)
  assert.equal(start.code, 'unavailable', start.text)
  assert.match(start.message, /bridge 'br0'/)
})

test('no more guests run than the memory of the host holds, and the refusal has the figures', async () => {
  const limit = 8 * gib - Math.floor((8 * gib) / 10)
  const first = await makeGuest(world, { name: 'a', memory: 4 * gib, auto_start: true })
  const second = await makeGuest(world, { name: 'b', memory: 4 * gib })
  const answer = await refused('insufficient_capacity', 'pool', {
    ...{ name: 'c', memory: 4 * gib, auto_start: true },
  })
  assert.match(answer.message, new RegExp(`'here' has memory of ${limit} bytes .*${4 * gib} are needed`))
  assert.equal((answer.details?.['cells'] as unknown[])?.length, 1)
  const start = await world.call('POST', `/api/v1/instances/${second}`)
  assert.equal(start.code, 'insufficient_capacity', start.text)
  assert.match(start.message, new RegExp(`${limit}.*${4 * gib}`))
  await ok('PUT', '/settings/guest.memory_overcommit_percent', { value: 200 })
  assert.ok([200, 202].includes((await world.call('POST', `/api/v1/instances/${second}`)).status))
  assert.ok(first)
})

test('a pool or cell that is disabled gets no guest', async () => {
  await ok('PUT', '/compute_pool_cells/default/here', { enable: false })
  const { message } = await refused('insufficient_capacity', 'pool', { name: 'a' })
  assert.match(message, /cell 'here' is disabled/)
  await ok('PUT', '/compute_pool_cells/default/here', { enable: true })
  await ok('PUT', '/compute_pools/default', { enable: false })
  await refused('conflict', 'pool', { name: 'a' })
})
