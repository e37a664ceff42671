import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createAddressPools } from '../../src/core/address-pools/address-pools.ts'
import { ensureDefaultNetwork } from '../../src/core/address-pools/default-network.ts'
import { createAddressRanges } from '../../src/core/address-pools/ranges.ts'
import { createCells } from '../../src/core/compute-pools/cells.ts'
import { createComputePools } from '../../src/core/compute-pools/compute-pools.ts'
import { ensureDefaultComputePool } from '../../src/core/compute-pools/default-pool.ts'
import { systemContext } from '../../src/core/context.ts'
import { createSimulatedNetwork, type SimulatedNetwork } from '../../src/drivers/simulated/network.ts'
import { addressPoolOperations } from '../../src/http/nano/address-pools.ts'
import { cellOperations } from '../../src/http/nano/cells.ts'
import { computePoolOperations } from '../../src/http/nano/compute-pools.ts'
import { createAddressesReconciler } from '../../src/reconcilers/addresses.ts'
import { guestRow } from '../support/network-zone.ts'
import { openTestZone, type TestZone, testCommit } from '../support/zone.ts'
import { principal, serveOperations, silentLog } from './serve.ts'

let state: TestZone
let network: SimulatedNetwork
let request: ReturnType<typeof serveOperations>['request']

beforeEach(async () => {
  state = openTestZone()
  network = createSimulatedNetwork()
  const { zone } = state
  const settle = async () => {
    await createAddressesReconciler({ zone, network, cell: 'host1' }).run(systemContext(silentLog))
  }
  const deps = {
    zone,
    network,
    settle,
    alive: () => true,
    bridges: async (name: string) => (name === 'host1' ? ['br0', 'br1'] : undefined),
    attached: async (_cell: string, name: string) => ({ name, attached: true }),
    isShared: (name: string) => name === 'some_ceph_cluster',
  }
  const operations = [
    ...addressPoolOperations({
      addressPools: createAddressPools(deps),
      addressRanges: createAddressRanges(deps),
    }),
    ...computePoolOperations({ computePools: createComputePools(deps) }),
    ...cellOperations({ cells: createCells(deps) }),
  ]
  request = serveOperations(operations, { tokens: { reader: principal('r', ['network.read']) } }).request
  await ensureDefaultNetwork({ zone, network })
  const storage = (name: string) => ({
    name,
    type: 'dir' as const,
    host: '',
    target: `/p/${name}`,
    options: { type: 'dir' as const },
    secret: null,
    createdAt: 0,
  })
  await zone.commit(
    testCommit,
    ['local', 'some_ceph_cluster', 'nfs-poo1'].map((name) => ({
      table: 'storagePool',
      key: name,
      before: null,
      after: storage(name),
    })),
  )
  await ensureDefaultComputePool({
    zone,
    cellName: 'host1',
    address: '192.0.2.2',
    storage: 'local',
    network: 'default',
  })
})
afterEach(() => state.close())

const ok = async (method: string, path: string, body?: unknown) => {
  const answer = await request(method, path, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.data
}
const refused = async (status: number, method: string, path: string, body?: unknown) => {
  const answer = await request(method, path, body)
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  return answer.body['field']
}

test('what the first start made is there', async () => {
  assert.deepEqual(await ok('GET', '/compute_pools/'), [
    {
      name: 'default',
      enabled: true,
      cells: 1,
      network: 'default',
      storage: 'local',
      failover: false,
      network_mode: 'share',
    },
  ])
  assert.deepEqual(await ok('GET', '/compute_pool_cells/default'), [
    { name: 'host1', address: '192.0.2.2', enabled: true, alive: true },
  ])
  assert.deepEqual(await ok('GET', '/compute_pool_cells/default/host1'), {
    name: 'host1',
    address: '192.0.2.2',
    enabled: true,
    alive: true,
    bridge: '',
    storage: [{ name: 'local', attached: true }],
  })
  assert.deepEqual(await ok('GET', '/compute_pool_cells/'), [])
  assert.deepEqual(await ok('GET', '/address_pools/'), [
    { name: 'default', gateway: '10.110.0.1', dns: [], provider: 'dhcp', addresses: 241, allocated: 0 },
  ])
})

test("the document's example bodies of address pools run as they are", async () => {
  assert.equal(
    await ok('POST', '/address_pools/address1', { gateway: '172.16.3.254', dns: ['8.8.8.8', '10.10.10.10'] }),
    '',
  )
  assert.deepEqual(await ok('GET', '/address_pools/address1/internal/ranges/'), [])
  const range = { end: '172.16.3.18', netmask: '255.255.255.0' }
  await ok('POST', '/address_pools/address1/internal/ranges/172.16.3.1', range)
  await ok('POST', '/address_pools/address1/internal/ranges/172.16.3.20/', { ...range, end: '172.16.3.190' })
  await state.zone.commit(
    testCommit,
    guestRow({ id: 'g1', address: '172.16.3.6', cell: 'host9', pool: 'address1' }),
  )
  assert.deepEqual(await ok('GET', '/address_pools/address1'), {
    name: 'address1',
    gateway: '172.16.3.254',
    dns: ['8.8.8.8', '10.10.10.10'],
    provider: 'dhcp',
    ranges: [
      { start: '172.16.3.1', end: '172.16.3.18', netmask: '255.255.255.0', capacity: 18 },
      { start: '172.16.3.20', end: '172.16.3.190', netmask: '255.255.255.0', capacity: 171 },
    ],
    allocated: [{ address: '172.16.3.6', instance: 'g1' }],
    external_ranges: [],
    external_allocated: [],
  })
  assert.deepEqual(await ok('GET', '/address_pools/address1/internal/ranges/172.16.3.1'), {
    start: '172.16.3.1',
    end: '172.16.3.18',
    netmask: '255.255.255.0',
    capacity: 18,
    allocated: [{ address: '172.16.3.6', instance: 'g1' }],
  })
  await refused(409, 'DELETE', '/address_pools/address1/internal/ranges/172.16.3.1')
  await ok('DELETE', '/address_pools/address1/internal/ranges/172.16.3.20')
  await ok('PUT', '/address_pools/address1', { dns: [] })
  assert.deepEqual((await network.networks()).map(({ name }) => name).sort(), [
    'nacelle-address1',
    'nacelle-default',
  ])
})

test('each wrong field of a pool or range is named, and nothing changes', async () => {
  await ok('POST', '/address_pools/p', { gateway: '172.16.3.254' })
  const revision = state.zone.revision()
  const pools: [unknown, string][] = [
    [{}, 'gateway'],
    [{ gateway: 5 }, 'gateway'],
    [{ gateway: 'x' }, 'gateway'],
    [{ gateway: '10.0.0.1', dns: '8.8.8.8' }, 'dns'],
    [{ gateway: '10.0.0.1', dns: ['x'] }, 'dns[0]'],
    [{ gateway: '10.0.0.1', provider: 'static' }, 'provider'],
  ]
  for (const [body, field] of pools) assert.equal(await refused(400, 'POST', '/address_pools/q', body), field)
  const ranges: [string, unknown, string][] = [
    ['172.16.3.1', {}, 'end'],
    ['172.16.3.1', { end: '172.16.3.9' }, 'netmask'],
    ['172.16.3.1', { end: '172.16.3.9', netmask: 'x' }, 'netmask'],
    ['x', { end: '172.16.3.9', netmask: '255.255.255.0' }, 'start'],
    ['172.16.9.1', { end: '172.16.9.9', netmask: '255.255.255.0' }, 'start'],
  ]
  const external: [string, unknown, string][] = [
    ['198.51.100.1', {}, 'end'],
    ['198.51.100.1', { end: '198.51.100.9', netmask: '255.255.255.248' }, 'end'],
    ['198.51.100.0', { end: '198.51.100.9', netmask: '255.255.255.0' }, 'start'],
    ['198.51.100.10', { end: '198.51.100.9', netmask: '255.255.255.0' }, 'end'],
    ['300.1.1.1', { end: '198.51.100.9', netmask: '255.255.255.0' }, 'start'],
  ]
  for (const [start, body, field] of external)
    assert.equal(await refused(400, 'POST', `/address_pools/p/external/ranges/${start}`, body), field)
  // The host itself, its router, and a network of guests.
  for (const [start, end] of [
    ['192.0.2.2', '192.0.2.9'],
    ['192.0.2.1', '192.0.2.1'],
    ['10.110.0.200', '10.110.0.220'],
  ] as const)
    assert.equal(
      await refused(409, 'POST', `/address_pools/p/external/ranges/${start}`, {
        end,
        netmask: '255.255.255.0',
      }),
      'start',
    )
  for (const [start, body, field] of ranges)
    assert.equal(await refused(400, 'POST', `/address_pools/p/internal/ranges/${start}`, body), field)
  assert.equal(await refused(400, 'GET', '/address_pools/p/foreign/ranges'), 'type')
  await refused(404, 'GET', '/address_pools/none')
  await refused(404, 'DELETE', '/address_pools/none')
  await refused(404, 'GET', '/address_pools/p/internal/ranges/172.16.3.1')
  await refused(409, 'POST', '/address_pools/p', { gateway: '172.16.3.254' })
  await refused(409, 'DELETE', '/address_pools/default')
  assert.equal(state.zone.revision(), revision)
})

test('external ranges are added, counted, shown and removed as internal ones', async () => {
  const range = { end: '198.51.100.19', netmask: '255.255.255.0' }
  const path = '/address_pools/default/external/ranges'
  assert.deepEqual(await ok('GET', path), [])
  await ok('POST', `${path}/198.51.100.10`, range)
  const shown = { start: '198.51.100.10', ...range, capacity: 10 }
  assert.deepEqual(await ok('GET', path), [shown])
  const pool = (await ok('GET', '/address_pools/default')) as Record<string, unknown[]>
  assert.deepEqual(pool['external_ranges'], [shown])
  assert.equal(pool['ranges']?.length, 1)
  const [summary] = (await ok('GET', '/address_pools/')) as { addresses: number }[]
  assert.equal(summary?.addresses, 251)
  await ok('POST', '/address_pools/q', { gateway: '172.16.3.254' })
  assert.equal(await refused(409, 'POST', '/address_pools/q/external/ranges/198.51.100.19', range), 'start')
  const key = 'default/198.51.100.12'
  await state.zone.commit(testCommit, [
    ...guestRow({ id: 'g1', address: '10.110.0.20', cell: 'host9', pool: 'default' }),
    {
      ...{ table: 'address', key, before: null },
      after: {
        ...{ key, pool: 'default', address: '198.51.100.12', type: 'external', guest: 'g1' },
        ...{ mac: '52:54:00:00:00:14', createdAt: 0 },
      },
    },
  ])
  const allocated = [{ address: '198.51.100.12', instance: 'g1' }]
  assert.deepEqual(await ok('GET', `${path}/198.51.100.10`), { ...shown, allocated })
  const held = (await ok('GET', '/address_pools/default')) as Record<string, unknown[]>
  assert.deepEqual(held['external_allocated'], allocated)
  assert.deepEqual(held['allocated'], [{ address: '10.110.0.20', instance: 'g1' }])
  await refused(409, 'DELETE', `${path}/198.51.100.10`)
  await ok('POST', `${path}/198.51.100.30`, { ...range, end: '198.51.100.30' })
  await ok('DELETE', `${path}/198.51.100.30`)
  await refused(404, 'DELETE', `${path}/198.51.100.30`)
})

test('who sends Nano-Session replaces a pool, and all others change what they name', async () => {
  await ok('POST', '/compute_pools/p', { storage: 'some_ceph_cluster', network: 'default', failover: true })
  const parts = async () => {
    const { storage, network, failover } = (await ok('GET', '/compute_pools/p')) as Record<string, unknown>
    return [storage, network, failover]
  }
  await ok('PUT', '/compute_pools/p', { network: '' })
  assert.deepEqual(await parts(), ['some_ceph_cluster', '', true])
  const original = { headers: { 'nano-session': 'main' } }
  const answer = await request('PUT', '/compute_pools/p', { network: 'default' }, original)
  assert.equal(answer.body['error_code'], 0, JSON.stringify(answer.body))
  assert.deepEqual(await parts(), ['', 'default', false])
})

test('a cell names its bridge, and shows it', async () => {
  const path = '/compute_pool_cells/default/host1'
  const bridge = async () => ((await ok('GET', path)) as Record<string, unknown>)['bridge']
  await ok('PUT', path, { bridge: 'br0' })
  assert.equal(await bridge(), 'br0')
  await ok('PUT', path, { enable: true })
  assert.equal(await bridge(), 'br0')
  const wrong: [unknown, string][] = [
    [{ bridge: 'none' }, 'bridge'],
    [{ bridge: 5 }, 'bridge'],
    [{ bridge: '../x' }, 'bridge'],
    [{ enable: 'yes' }, 'enable'],
    [{}, 'enable'],
  ]
  for (const [body, field] of wrong) assert.equal(await refused(400, 'PUT', path, body), field)
  await ok('PUT', path, { bridge: '' })
  assert.equal(await bridge(), '')
})

test("the document's example bodies of compute pools and cells run as they are", async () => {
  const { zone } = state
  for (const cellName of ['cell1', 'cell2'])
    await ensureDefaultComputePool({ zone, cellName, address: '', storage: 'local', network: 'default' })
  await ok('POST', '/address_pools/nat_address_pool_1', { gateway: '172.16.3.254' })
  await ok('POST', '/compute_pools/fast_instance', {
    cells: ['cell1', 'cell2'],
    network_mode: 'share',
    storage: 'some_ceph_cluster',
    network: 'nat_address_pool_1',
    failover: true,
  })
  assert.deepEqual(await ok('GET', '/compute_pools/fast_instance'), {
    name: 'fast_instance',
    enabled: true,
    cells: 2,
    network: 'nat_address_pool_1',
    storage: 'some_ceph_cluster',
    failover: true,
    network_mode: 'share',
  })
  await ok('PUT', '/compute_pools/fast_instance', { enable: false, storage: '', failover: false })
  const changedPool = (await ok('GET', '/compute_pools/fast_instance')) as Record<string, unknown>
  assert.deepEqual(
    [changedPool['enabled'], changedPool['storage'], changedPool['network']],
    [false, '', 'nat_address_pool_1'],
  )
  await ok('PUT', '/compute_pool_cells/fast_instance/cell1', { enable: false })
  await ok('DELETE', '/compute_pool_cells/fast_instance/cell1')
  await refused(409, 'DELETE', '/compute_pools/fast_instance')
  await ok('DELETE', '/compute_pool_cells/fast_instance/cell2')
  await ok('POST', '/compute_pool_cells/default/cell2')
  await ok('DELETE', '/compute_pools/fast_instance')
  await ok('POST', '/compute_pools/bare')
  assert.equal(await refused(400, 'PUT', '/compute_pools/bare', { network_mode: 'x' }), 'network_mode')
  assert.equal(await refused(400, 'PUT', '/compute_pool_cells/default/cell2', {}), 'enable')
  await refused(404, 'GET', '/compute_pools/none')
  await refused(404, 'GET', '/compute_pool_cells/none')
  await refused(404, 'GET', '/compute_pool_cells/default/none')
})

test('a dry run answers the plan and changes nothing', async () => {
  await ok('POST', '/address_pools/p', { gateway: '172.16.3.254' })
  const revision = state.zone.revision()
  const plan = await ok('POST', '/address_pools/p/internal/ranges/172.16.3.1?dry_run=true', {
    end: '172.16.3.9',
    netmask: '255.255.255.0',
  })
  assert.match(
    JSON.stringify(plan),
    /"plan":\[\{"step":"commit","effects":\[\{"effect":"record internal range/,
  )
  await ok('DELETE', '/address_pools/p?dry_run=true')
  await ok('POST', '/compute_pools/x?dry_run=true')
  assert.equal(state.zone.revision(), revision)
})

test('an old version changes nothing', async () => {
  for (const path of ['/address_pools/default', '/compute_pools/default'])
    for (const method of ['PUT', 'DELETE']) {
      const stale = await request(method, path, {}, { headers: { 'if-match': '"0"' } })
      assert.equal(stale.status, 412, `${method} ${path}`)
    }
})

test('every pool has its version, and readers change nothing', async () => {
  const { headers } = await request('GET', '/address_pools/default')
  assert.match(headers.get('etag') ?? '', /^"\d+"$/)
  assert.equal((await request('GET', '/address_pools/', undefined, { as: 'reader' })).status, 200)
  assert.equal((await request('POST', '/address_pools/x', {}, { as: 'reader' })).status, 403)
  assert.equal((await request('GET', '/compute_pools/', undefined, { as: 'reader' })).status, 403)
  assert.equal((await request('GET', '/address_pools/', undefined, { anonymous: true })).status, 401)
})
