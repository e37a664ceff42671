import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { guestRow } from '../../../test/support/network-zone.ts'
import { openTestZone, type TestZone } from '../../../test/support/zone.ts'
import { createSimulatedNetwork, type SimulatedNetwork } from '../../drivers/simulated/network.ts'
import { createAddressesReconciler } from '../../reconcilers/addresses.ts'
import { createFirewallReconciler } from '../../reconcilers/firewall.ts'
import { anonymousPrincipal, type Log, type OperationContext, systemContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { type AddressPoolDeps, type AddressPools, createAddressPools } from './address-pools.ts'
import { chooseSubnet, ensureDefaultNetwork } from './default-network.ts'
import { type AddressRanges, createAddressRanges } from './ranges.ts'

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}
const op = systemContext(silent)
const cell = 'cell1'
const range = { type: 'internal', start: '172.16.3.1', end: '172.16.3.18', netmask: '255.255.255.0' } as const
const gateway = { gateway: '172.16.3.254', dns: ['8.8.8.8'], provider: 'dhcp' } as const

let test1: TestZone
let network: SimulatedNetwork
let pools: AddressPools
let ranges: AddressRanges
/** Makes the host equal to the record, as the reconcilers do. */
let settle: () => Promise<void>

beforeEach(() => {
  test1 = openTestZone()
  network = createSimulatedNetwork()
  const deps = { zone: test1.zone, network, cell }
  settle = async () => {
    await createAddressesReconciler(deps).run(op)
    await createFirewallReconciler(deps).run(op)
  }
  const services: AddressPoolDeps = { ...deps, settle: () => settle() }
  pools = createAddressPools(services)
  ranges = createAddressRanges(services)
})
afterEach(() => test1.close())

const refuses = (promise: Promise<unknown>, code: string, words: RegExp = /./) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, words)
    return true
  })

const give = (address: string, id = 'guest-1') =>
  test1.zone.commit({ who: 't', requestId: 't', action: 't' }, guestRow({ id, address, cell, pool: 'p' }))

test('a pool gets its network with its first range and loses it with its last', async () => {
  await pools.create(op, 'p', gateway)
  assert.deepEqual(await network.networks(), [])
  await ranges.add(op, 'p', range)
  assert.deepEqual(await network.networks(), [{ name: 'nacelle-p', active: true, hosts: [] }])
  assert.deepEqual(network.firewall()?.masquerade, [{ subnet: '172.16.3.0/24', bridge: 'nacelle0' }])
  await ranges.add(op, 'p', { ...range, start: '172.16.3.25', end: '172.16.3.200' })
  assert.deepEqual(
    ranges.list(op, 'p', 'internal').map(({ start, capacity }) => [start, capacity]),
    [
      ['172.16.3.1', 18],
      ['172.16.3.25', 176],
    ],
  )
  assert.equal(pools.list(op)[0]?.capacity, 194)
  await ranges.remove(op, 'p', 'internal', '172.16.3.25')
  assert.equal((await network.networks()).length, 1)
  await ranges.remove(op, 'p', 'internal', '172.16.3.1')
  assert.deepEqual(await network.networks(), [])
  assert.deepEqual(network.firewall()?.masquerade, [])
  await pools.remove(op, 'p')
  assert.deepEqual(pools.list(op), [])
})

test('what guests hold cannot be taken from under them, and is named', async () => {
  await pools.create(op, 'p', gateway)
  await ranges.add(op, 'p', range)
  await give('172.16.3.6')
  await settle()
  assert.deepEqual(ranges.get(op, 'p', 'internal', '172.16.3.1').allocated, [
    { address: '172.16.3.6', type: 'internal', guest: 'guest-1' },
  ])
  assert.equal(pools.get(op, 'p').allocatedCount, 1)
  await refuses(
    ranges.remove(op, 'p', 'internal', '172.16.3.1'),
    'conflict',
    /172\.16\.3\.6 \(guest guest-1\)/,
  )
  await refuses(pools.remove(op, 'p'), 'conflict', /172\.16\.3\.6/)
  await refuses(pools.modify(op, 'p', { gateway: '172.16.3.253' }), 'conflict', /gateway cannot change/)
  await refuses(pools.modify(op, 'p', { provider: 'cloudinit' }), 'conflict', /provider cannot change/)
  await pools.modify(op, 'p', { dns: [] })
  assert.equal(network.requestLease('nacelle-p', '52:54:00:00:00:06'), '172.16.3.6')
})

test('a pool that a compute pool uses stays', async () => {
  await pools.create(op, 'p', gateway)
  const row = {
    name: 'c',
    enabled: true,
    networkMode: 'share',
    storage: null,
    network: 'p',
    failover: false,
    createdAt: 0,
  } as const
  await test1.zone.commit({ who: 't', requestId: 't', action: 't' }, [
    { table: 'computePool', key: 'c', before: null, after: row },
  ])
  await refuses(pools.remove(op, 'p'), 'conflict', /compute pool 'c'/)
})

test('a gateway moves only inside the subnet and outside the ranges', async () => {
  await pools.create(op, 'p', gateway)
  await ranges.add(op, 'p', range)
  for (const address of ['172.16.4.1', '172.16.3.5', '172.16.3.0', '172.16.3.255', 'x'])
    await refuses(pools.modify(op, 'p', { gateway: address }), 'invalid', /gateway/)
  await pools.modify(op, 'p', { gateway: '172.16.3.100' })
  assert.equal(pools.get(op, 'p').gateway, '172.16.3.100')
})

test('names are unique, unknown ones are told, and the bridges keep apart', async () => {
  network = createSimulatedNetwork({ bridges: ['nacelle0'] })
  const deps = { zone: test1.zone, network, settle: async () => undefined }
  pools = createAddressPools(deps)
  await pools.create(op, 'p', gateway)
  await refuses(pools.create(op, 'p', gateway), 'conflict')
  await pools.create(op, 'q', gateway)
  assert.deepEqual([pools.get(op, 'p').bridge, pools.get(op, 'q').bridge], ['nacelle1', 'nacelle2'])
  assert.throws(() => pools.get(op, 'r'), { code: 'not_found' })
  assert.throws(() => ranges.list(op, 'r', 'internal'), { code: 'not_found' })
  assert.throws(() => ranges.get(op, 'p', 'internal', '1.2.3.4'), { code: 'not_found' })
  await refuses(ranges.remove(op, 'p', 'internal', '1.2.3.4'), 'not_found')
})

test('a subnet that the host routes elsewhere is refused', async () => {
  await pools.create(op, 'p', { ...gateway, gateway: '192.0.2.1' })
  await refuses(
    ranges.add(op, 'p', { ...range, start: '192.0.2.5', end: '192.0.2.9' }),
    'conflict',
    /192\.0\.2\.0\/24/,
  )
})

test('of two overlapping ranges that are added at once, one is refused', async () => {
  await pools.create(op, 'p', gateway)
  const results = await Promise.allSettled([
    ranges.add(op, 'p', range),
    ranges.add(op, 'p', { ...range, start: '172.16.3.2' }),
  ])
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  assert.equal(ranges.list(op, 'p', 'internal').length, 1)
})

test('a dry run tells the effects and changes nothing', async () => {
  const dry: OperationContext = { ...op, dryRun: true }
  const revision = test1.zone.revision()
  assert.match((await pools.create(dry, 'p', gateway)).effects[0]?.effect ?? '', /address pool p/)
  assert.equal(test1.zone.revision(), revision)
  await pools.create(op, 'p', gateway)
  const plan = await ranges.add(dry, 'p', range)
  assert.deepEqual(plan.effects[1]?.commands, [['simulated-network', 'ensure', 'nacelle-p']])
  assert.deepEqual(await network.networks(), [])
  assert.deepEqual(ranges.list(op, 'p', 'internal'), [])
  await ranges.add(op, 'p', range)
  await ranges.remove(dry, 'p', 'internal', range.start)
  await pools.remove(dry, 'p')
  await pools.modify(dry, 'p', { dns: [] })
  assert.deepEqual(pools.get(op, 'p').dns, ['8.8.8.8'])
  assert.equal((await network.networks()).length, 1)
})

test('a change whose host lags behind is kept, told, and made good by the next pass', async () => {
  await pools.create(op, 'p', gateway)
  network.failNext('ensureNetwork', new Error('libvirt is away'))
  await refuses(ranges.add(op, 'p', range), 'unavailable', /recorded.*libvirt is away/)
  assert.equal(ranges.list(op, 'p', 'internal').length, 1)
  await settle()
  assert.equal((await network.networks()).length, 1)
})

test('an appliance killed between record and host leaves nothing behind after the next pass', async () => {
  const dead = () => new Promise<void>(() => undefined)
  await pools.create(op, 'p', gateway)
  const alive = settle
  settle = dead
  void ranges.add(op, 'p', range)
  while (ranges.list(op, 'p', 'internal').length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(await network.networks(), [])
  await alive()
  assert.equal((await network.networks()).length, 1)
  void pools.remove(op, 'p')
  while (pools.list(op).length > 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await network.networks()).length, 1)
  await alive()
  assert.deepEqual(await network.networks(), [])
  assert.deepEqual(network.firewall()?.masquerade, [])
})

test('the reconcilers mend what others did to the host and leave foreign networks alone', async () => {
  await pools.create(op, 'p', gateway)
  await ranges.add(op, 'p', range)
  await give('172.16.3.6')
  const foreign = {
    name: 'default',
    bridge: 'virbr0',
    gateway: '192.168.122.1',
    netmask: '255.255.255.0',
    dns: [],
    dhcp: true,
    hosts: [],
  }
  await network.ensureNetwork(foreign)
  await settle()
  await network.addHost('nacelle-p', { mac: '52:54:00:00:00:99', address: '172.16.3.9', hostname: 'ghost' })
  await network.removeHost('nacelle-p', '52:54:00:00:00:06')
  network.poke('nacelle-p', 'stop')
  network.flushFirewall()
  const deps = { zone: test1.zone, network, cell }
  assert.deepEqual((await createAddressesReconciler(deps).run(op)).repaired, [
    'started the network nacelle-p',
    'removed the DHCP entry of 52:54:00:00:00:99 from nacelle-p',
    'added the DHCP entry of 52:54:00:00:00:06 to nacelle-p',
  ])
  assert.deepEqual((await createFirewallReconciler(deps).run(op)).repaired, [
    'put the firewall table in place',
  ])
  assert.deepEqual((await createAddressesReconciler(deps).run(op)).repaired, [])
  assert.deepEqual((await createFirewallReconciler(deps).run(op)).repaired, [])
  network.poke('nacelle-p', 'delete')
  await settle()
  assert.deepEqual(
    (await network.networks()).map(({ name, hosts }) => [name, hosts.length]),
    [
      ['default', 0],
      ['nacelle-p', 1],
    ],
  )
})

test('one network that cannot be made does not keep the others from being made', async () => {
  for (const [name, address] of [
    ['p', '172.16.3.254'],
    ['q', '172.16.4.254'],
  ] as const)
    await pools.create(op, name, { ...gateway, gateway: address })
  settle = async () => undefined
  await ranges.add(op, 'p', range)
  await ranges.add(op, 'q', { ...range, start: '172.16.4.1', end: '172.16.4.2' })
  network.failNext('ensureNetwork', new Error('no'))
  await assert.rejects(createAddressesReconciler({ zone: test1.zone, network, cell }).run(op), /no/)
  assert.equal((await network.networks()).length, 1)
})

test('what was offered for a network boot goes with its guest, and not before', async () => {
  await pools.create(op, 'p', gateway)
  await ranges.add(op, 'p', range)
  await give('172.16.3.6')
  for (const mac of ['52:54:00:00:00:06', '52:54:00:00:00:99']) await network.offerBoot(mac, 'http://a/b')
  const reconciler = createAddressesReconciler({ zone: test1.zone, network, cell })
  const { repaired } = await reconciler.run(op)
  assert.ok(repaired.includes('withdrew the boot offer to 52:54:00:00:00:99'), repaired.join())
  assert.deepEqual(await network.bootOffers(), ['52:54:00:00:00:06'])
})

test('the first start makes a pool on a free /24, once', async () => {
  network = createSimulatedNetwork({ subnets: ['10.110.0.0/16', '192.0.2.0/24'] })
  await ensureDefaultNetwork({ zone: test1.zone, network })
  const pool = pools.get(op, 'default')
  assert.equal(pool.gateway, '10.111.0.1')
  assert.equal(pool.capacity, 241)
  assert.deepEqual(await network.networks(), [{ name: 'nacelle-default', active: true, hosts: [] }])
  const revision = test1.zone.revision()
  await ensureDefaultNetwork({ zone: test1.zone, network })
  assert.equal(test1.zone.revision(), revision)
})

test('the search for a free subnet passes over every route and says when there is none', () => {
  const { first } = chooseSubnet(['10.0.0.0/8', '172.16.0.0/13'])
  assert.equal(first >>> 24, 172)
  assert.equal((first >>> 16) & 255, 24)
  assert.throws(() => chooseSubnet(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']), {
    code: 'unavailable',
  })
})

test('reading and changing need their permissions', async () => {
  const nobody: OperationContext = { ...op, who: anonymousPrincipal }
  const reader: OperationContext = {
    ...op,
    who: { ...anonymousPrincipal, kind: 'user', name: 'r', permissions: new Set(['network.read']) },
  }
  assert.throws(() => pools.list(nobody), { code: 'unauthenticated' })
  assert.throws(() => ranges.list(nobody, 'p', 'internal'), { code: 'unauthenticated' })
  assert.deepEqual(pools.list(reader), [])
  for (const change of [
    () => pools.create(reader, 'p', gateway),
    () => pools.modify(reader, 'p', {}),
    () => pools.remove(reader, 'p'),
    () => ranges.add(reader, 'p', range),
    () => ranges.remove(reader, 'p', 'internal', range.start),
  ])
    await refuses(change(), 'forbidden', /network\.write/)
})
