import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { openTestZone, type TestZone } from '../../../test/support/zone.ts'
import { SimulatedVolumes } from '../../drivers/simulated/volumes.ts'
import { type OperationContext, systemContext } from '../context.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { createStoragePools, ensureDefaultPool, type StoragePools } from './storage-pools.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const op = systemContext(silent)
const reader: OperationContext = {
  ...op,
  who: { name: 'ann', kind: 'user', groups: [], permissions: new Set(['storage.read']) },
}

describe('storage pools', () => {
  let zone: TestZone
  let pools: StoragePools
  let probes: string[]
  beforeEach(async () => {
    zone = openTestZone()
    probes = []
    const open = (pool: { target: string }) =>
      new SimulatedVolumes({
        before: ({ method }) => {
          if (method === 'probe') probes.push(pool.target)
        },
      })
    pools = createStoragePools({
      zone: zone.zone,
      secrets: { encrypt: (text) => text, decrypt: (text) => text },
      open,
      now: () => zone.time.now,
    })
    await ensureDefaultPool(zone.zone, '/srv/local')
  })
  afterEach(() => zone.close())

  test('the first start makes the pool local, once', async () => {
    await ensureDefaultPool(zone.zone, '/srv/elsewhere')
    assert.deepEqual(
      pools.list(op).map(({ name, type, target }) => ({ name, type, target })),
      [{ name: 'local', type: 'dir', target: '/srv/local' }],
    )
    assert.equal(pools.imagePool(), 'local')
  })

  test('shows capabilities and figures', async () => {
    const pool = await pools.get(reader, 'local')
    assert.equal(pool.capabilities.thinClone, true)
    assert.ok(pool.usage && pool.usage.totalBytes >= pool.usage.freeBytes)
  })

  test('creates, moves while empty and forgets', async () => {
    await pools.create(op, 'fast', { type: 'dir', target: '/srv/fast' })
    await pools.modify(op, 'fast', { target: '/srv/faster' })
    assert.deepEqual(probes, ['/srv/fast', '/srv/faster'])
    assert.equal((await pools.get(op, 'fast')).target, '/srv/faster')
    await pools.remove(op, 'fast')
    await rejects(pools.get(op, 'fast'), 'not_found')
  })

  test('a dry run checks, tells and changes nothing', async () => {
    const { effects } = await pools.create({ ...op, dryRun: true }, 'dry', {
      type: 'dir',
      target: '/srv/dry',
    })
    assert.match(effects[0]!.effect, /\/srv\/dry/)
    assert.deepEqual(probes, [])
    await rejects(pools.get(op, 'dry'), 'not_found')
  })

  test('refuses what cannot be a pool, naming the field', async () => {
    const wrong: [name: string, request: { type: string; target: string; host?: string }, field: string][] = [
      ['-x', { type: 'dir', target: '/srv/a' }, 'name'],
      ['a/b', { type: 'dir', target: '/srv/a' }, 'name'],
      ['a', { type: 'zfs', target: '/srv/a' }, 'type'],
      ['a', { type: 'dir', target: '/srv/a', host: 'nas' }, 'host'],
      ['a', { type: 'dir', target: 'srv' }, 'target'],
      ['a', { type: 'dir', target: '/srv/../etc' }, 'target'],
      ['a', { type: 'dir', target: '/' }, 'target'],
      ['a', { type: 'dir', target: '/etc/nacelle' }, 'target'],
      ['a', { type: 'dir', target: '/srv/local/inside' }, 'target'],
      ['a', { type: 'dir', target: '/srv' }, 'target'],
      ['local', { type: 'dir', target: '/srv/a' }, 'name'],
    ]
    for (const [name, request, field] of wrong)
      await assert.rejects(
        pools.create(op, name, request),
        (error) => error instanceof AppError && error.field === field,
        `${name} ${JSON.stringify(request)}`,
      )
  })

  test('a pool with volumes is neither moved nor forgotten', async () => {
    await zone.zone.commit({ who: 't', requestId: 't', action: 't' }, [
      {
        table: 'volume',
        key: 'v1',
        before: null,
        after: {
          id: 'v1',
          pool: 'local',
          name: 'disk-1.qcow2',
          kind: 'disk',
          state: 'ready',
          ownerKind: 'none',
          owner: '',
          format: 'qcow2',
          sizeBytes: 1,
          parent: null,
          hidden: false,
          quarantinedAt: null,
          createdAt: 0,
        },
      },
    ])
    await rejects(pools.modify(op, 'local', { target: '/srv/new' }), 'conflict')
    await rejects(pools.remove(op, 'local'), 'conflict')
  })

  test('a Ceph pool keeps its key sealed, and a change keeps what it leaves out', async () => {
    const key = 'AQDKhkRlAAAAABAAQwTz+ZlbMDgBPJY0+ZZzzz=='
    const request = { type: 'ceph', host: 'mon1', target: 'vms', user: 'nacelle' }
    await assert.rejects(
      pools.create(op, 'fast', request),
      (error) => error instanceof AppError && error.field === 'key',
    )
    await pools.create(op, 'fast', { ...request, secret: key })
    await pools.modify(op, 'fast', { host: 'mon1,mon2' })
    const made = await pools.get(op, 'fast')
    assert.deepEqual(
      { host: made.host, target: made.target, hasSecret: made.hasSecret },
      { host: 'mon1:6789,mon2:6789', target: 'vms', hasSecret: true },
    )
    assert.ok(!JSON.stringify([made, pools.list(op)]).includes(key))
    // Replaced as a whole, without user and key.
    await pools.modify(op, 'fast', { host: 'mon3', target: 'vms' }, 'replace')
    assert.equal((await pools.get(op, 'fast')).hasSecret, false)
    await assert.rejects(
      pools.create(op, 'twin', { type: 'ceph', host: 'mon3', target: 'vms' }),
      (error) => error instanceof AppError && error.code === 'conflict',
    )
  })

  test('needs the permissions', async () => {
    await rejects(pools.create(reader, 'a', { type: 'dir', target: '/srv/a' }), 'forbidden')
    await rejects(pools.remove(reader, 'local'), 'forbidden')
    const nobody = { ...reader, who: { ...reader.who, permissions: new Set<string>() } }
    assert.throws(() => pools.list(nobody), AppError)
  })
})

const rejects = (promise: Promise<unknown>, code: ErrorCode) =>
  assert.rejects(promise, (error) => error instanceof AppError && error.code === code)
