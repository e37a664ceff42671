import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { guestRow } from '../../../test/support/network-zone.ts'
import { openTestZone, type TestZone } from '../../../test/support/zone.ts'
import * as schema from '../../db/schema.ts'
import { createSimulatedNetwork } from '../../drivers/simulated/network.ts'
import { anonymousPrincipal, type Log, type OperationContext, systemContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { type Cells, createCells } from './cells.ts'
import { type ComputePools, createComputePools } from './compute-pools.ts'
import { ensureDefaultComputePool, localCellName } from './default-pool.ts'

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}
const op = systemContext(silent)
const info = { who: 't', requestId: 't', action: 't' }

let state: TestZone
let pools: ComputePools
let cells: Cells
const dead = new Set<string>()
/** Of host1. */
let bridges: string[] = []
let settled = 0

beforeEach(async () => {
  state = openTestZone()
  dead.clear()
  bridges = ['br0']
  settled = 0
  const deps = {
    zone: state.zone,
    alive: (cell: string) => !dead.has(cell),
    attached: async (_cell: string, name: string) => ({ name, attached: true }),
    isShared: (name: string) => name === 'shared',
    bridges: async (cell: string) => (cell === 'host1' ? bridges : undefined),
    network: createSimulatedNetwork({ subnets: ['192.0.2.0/24'] }),
    settle: async () => void settled++,
  }
  pools = createComputePools(deps)
  cells = createCells(deps)
  await state.zone.commit(info, [
    ...['local', 'shared'].map((name) => ({
      table: 'storagePool' as const,
      key: name,
      before: null,
      after: {
        name,
        type: 'dir' as const,
        host: '',
        target: `/p/${name}`,
        options: { type: 'dir' as const },
        secret: null,
        createdAt: 0,
      },
    })),
    {
      table: 'addressPool',
      key: 'net',
      before: null,
      after: {
        name: 'net',
        gateway: '10.0.0.1',
        dns: [],
        provider: 'dhcp',
        network: 'n',
        bridge: 'b',
        createdAt: 0,
      },
    },
  ])
})
afterEach(() => state.close())

const first = { cellName: 'host1', address: '192.0.2.2', storage: 'local', network: 'net' }
const ensure = (extra: Partial<typeof first> = {}) =>
  ensureDefaultComputePool({ zone: state.zone, ...first, ...extra })

const refuses = (promise: Promise<unknown>, code: string, field?: string) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.deepEqual([error.code, error.field], [code, field], error.message)
    return true
  })

test('the first start makes the pool with this host in it; later ones only follow the address', async () => {
  await ensure()
  assert.deepEqual(
    pools.list(op).map(({ name, enabled, cellCount, storage, network }) => ({
      name,
      enabled,
      cellCount,
      storage,
      network,
    })),
    [{ name: 'default', enabled: true, cellCount: 1, storage: 'local', network: 'net' }],
  )
  const revision = state.zone.revision()
  await ensure()
  assert.equal(state.zone.revision(), revision)
  await ensure({ address: '192.0.2.9' })
  const { version: _, createdAt: __, ...cell } = await cells.get(op, 'default', 'host1')
  assert.deepEqual(cell, {
    name: 'host1',
    pool: 'default',
    address: '192.0.2.9',
    enabled: true,
    bridge: null,
    alive: true,
    storage: [{ name: 'local', attached: true }],
  })
  await ensure({ cellName: 'host2' })
  assert.deepEqual(
    cells.list(op, null).map(({ name }) => name),
    ['host2'],
  )
})

test('a renamed host is still the cell that it was', async () => {
  assert.equal(localCellName(state.zone, 'Node_7.example.org'), 'node-7')
  assert.equal(localCellName(state.zone, ''), 'cell')
  await ensure()
  assert.equal(localCellName(state.zone, 'renamed'), 'host1')
})

test('a pool has what it is given, and each part must be there', async () => {
  await ensure()
  await ensure({ cellName: 'host2' })
  await pools.create(op, 'fast', {
    cells: ['host2'],
    networkMode: 'mono',
    storage: 'shared',
    network: 'net',
    failover: true,
  })
  const { version: _, createdAt: __, ...fast } = pools.get(op, 'fast')
  assert.deepEqual(fast, {
    name: 'fast',
    enabled: true,
    networkMode: 'mono',
    storage: 'shared',
    network: 'net',
    failover: true,
    cellCount: 1,
  })
  await pools.create(op, 'empty', {})
  await refuses(pools.create(op, 'fast', {}), 'conflict', 'name')
  await refuses(pools.create(op, 'a/b', {}), 'invalid', 'name')
  await refuses(pools.create(op, 'x', { storage: 'none' }), 'invalid', 'storage')
  await refuses(pools.create(op, 'x', { network: 'none' }), 'invalid', 'network')
  await refuses(pools.create(op, 'x', { failover: true, storage: 'local' }), 'unsupported', 'failover')
  await refuses(pools.create(op, 'x', { cells: ['none'] }), 'invalid', 'cells[0]')
  await refuses(pools.create(op, 'x', { cells: ['host1'] }), 'conflict', 'cells[0]')
  assert.deepEqual(
    pools.list(op).map(({ name }) => name),
    ['default', 'empty', 'fast'],
  )
})

test('a change touches only what it names, and null clears', async () => {
  await ensure()
  await pools.modify(op, 'default', { enabled: false, networkMode: undefined })
  await pools.modify(op, 'default', { network: null })
  const { enabled, networkMode, storage, network } = pools.get(op, 'default')
  assert.deepEqual(
    { enabled, networkMode, storage, network },
    { enabled: false, networkMode: 'share', storage: 'local', network: null },
  )
  await refuses(pools.modify(op, 'default', { storage: 'none' }), 'invalid', 'storage')
  await refuses(pools.modify(op, 'none', {}), 'not_found')
  assert.deepEqual(pools.counts(op), { pools: { disabled: 1, enabled: 0 }, cells: { offline: 0, online: 1 } })
  dead.add('host1')
  assert.deepEqual(pools.counts(op).cells, { offline: 1, online: 0 })
})

const connect = (id: string, values: object) => async () => {
  const { zone } = state
  await zone.commit(info, guestRow({ id, address: '10.0.0.5', cell: 'busy', pool: 'net' }))
  const { version, ...row } = zone.db.select().from(schema.guest).where(eq(schema.guest.id, id)).get()!
  await zone.commit(info, [{ table: 'guest', key: id, before: version, after: { ...row, ...values } }])
}

test('what guests stand on stays, and the refusal names them', async () => {
  await ensure()
  await connect('g1', { pool: 'default' })()
  await refuses(pools.modify(op, 'default', { network: null }), 'conflict', 'network')
  await refuses(pools.modify(op, 'default', { networkMode: 'mono' }), 'conflict', 'network_mode')
  await assert.rejects(pools.modify(op, 'default', { network: null }), /'g\.g1'/)
  // Disks of it, and on the old storage, are none yet.
  await pools.modify(op, 'default', { storage: 'shared' })
  const volume = {
    ...{
      id: 'v1',
      pool: 'shared',
      name: 'v1',
      kind: 'disk',
      state: 'ready',
      ownerKind: 'guest',
      owner: 'g1',
    },
    ...{ format: 'qcow2', sizeBytes: 1, parent: null, hidden: false, quarantinedAt: null, createdAt: 0 },
  } as const
  await state.zone.commit(info, [{ table: 'volume', key: 'v1', before: null, after: volume }])
  await refuses(pools.modify(op, 'default', { storage: 'local' }), 'conflict', 'storage')
  await refuses(pools.modify(op, 'default', { storage: null }), 'conflict', 'storage')
  await assert.rejects(pools.modify(op, 'default', { storage: 'local' }), /'g\.g1'/)
  await pools.modify(op, 'default', { enabled: false, network: 'net', storage: 'shared', failover: true })
})

test('guests on the LAN need a bridge that is there, and keep it', async () => {
  await ensure()
  await refuses(pools.modify(op, 'default', { networkMode: 'plain' }), 'conflict', 'network_mode')
  await refuses(cells.modify(op, 'default', 'host1', { bridge: 'br1' }), 'invalid', 'bridge')
  await refuses(cells.modify(op, 'default', 'host1', { bridge: 'br 0' }), 'invalid', 'bridge')
  await refuses(cells.modify(op, 'default', 'host1', { bridge: 'b' }), 'conflict', 'bridge')
  await cells.modify(op, 'default', 'host1', { bridge: 'br0' })
  assert.equal((await cells.get(op, 'default', 'host1')).bridge, 'br0')
  bridges = []
  await refuses(pools.modify(op, 'default', { networkMode: 'plain' }), 'conflict', 'network_mode')
  bridges = ['br0']
  await pools.modify(op, 'default', { networkMode: 'plain' })
  assert.equal(settled, 1)
  await refuses(pools.create(op, 'nat', { network: 'net' }), 'conflict', 'network')
  await pools.create(op, 'lan', { network: 'net', networkMode: 'plain' })
  await connect('g1', { pool: 'default', cell: 'host1' })()
  await refuses(cells.modify(op, 'default', 'host1', { bridge: null }), 'conflict', 'bridge')
  await refuses(pools.modify(op, 'default', { networkMode: 'share' }), 'conflict', 'network_mode')
})

test('cells move between pools only when nobody lives on them, and pools go only when empty', async () => {
  await ensure()
  await ensure({ cellName: 'host2' })
  await refuses(pools.remove(op, 'default'), 'conflict')
  await refuses(cells.add(op, 'default', 'host1'), 'conflict')
  await refuses(cells.add(op, 'default', 'none'), 'not_found')
  await cells.add(op, 'default', 'host2')
  await cells.modify(op, 'default', 'host2', { enabled: false })
  assert.deepEqual((await cells.get(op, 'default', 'host2')).storage, [])
  await cells.remove(op, 'default', 'host2')
  await refuses(cells.remove(op, 'default', 'host2'), 'not_found')
  await cells.remove(op, 'default', 'host1')
  await pools.remove(op, 'default')
  assert.deepEqual(pools.list(op), [])
  await state.zone.commit(info, guestRow({ id: 'g1', address: '10.0.0.5', cell: 'busy', pool: 'net' }))
  await refuses(cells.remove(op, 'host', 'busy'), 'conflict')
})

test('a dry run changes nothing', async () => {
  await ensure()
  const dry: OperationContext = { ...op, dryRun: true }
  const revision = state.zone.revision()
  assert.deepEqual(await pools.create(dry, 'x', {}), { effects: [{ effect: 'record compute pool x' }] })
  await pools.modify(dry, 'default', { enabled: false })
  await cells.modify(dry, 'default', 'host1', { enabled: false })
  await cells.remove(dry, 'default', 'host1')
  assert.equal(state.zone.revision(), revision)
})

test('reading and changing need their permissions', async () => {
  const nobody: OperationContext = { ...op, who: anonymousPrincipal }
  const reader: OperationContext = {
    ...op,
    who: { ...anonymousPrincipal, kind: 'user', name: 'r', permissions: new Set(['compute.read']) },
  }
  assert.throws(() => pools.list(nobody), { code: 'unauthenticated' })
  assert.throws(() => cells.list(nobody, null), { code: 'unauthenticated' })
  assert.deepEqual(cells.list(reader, null), [])
  for (const change of [
    () => pools.create(reader, 'x', {}),
    () => pools.modify(reader, 'x', {}),
    () => pools.remove(reader, 'x'),
    () => cells.add(reader, 'x', 'y'),
    () => cells.modify(reader, 'x', 'y', { enabled: true }),
    () => cells.remove(reader, 'x', 'y'),
  ])
    await refuses(change(), 'forbidden')
})
