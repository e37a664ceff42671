import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { openTestZone, type TestZone } from '../../../test/support/zone.ts'
import * as cellSchema from '../../db/cell-schema.ts'
import * as schema from '../../db/schema.ts'
import { SimulatedVolumes } from '../../drivers/simulated/volumes.ts'
import type { Change } from '../../zone/zone.ts'
import { type OperationContext, systemContext } from '../context.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { Findings } from './findings.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { findVolume, volumeNamed } from './record.ts'
import { graceMs, type RepairDeps, repairPool } from './repair.ts'
import { ensureRoom, purgeExpired } from './room.ts'
import { claimVolume, type NewVolume, quarantinedVolume, readyVolume, releaseVolume } from './volume.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const op = systemContext(silent)
const info = { who: 'tester', requestId: 'test', action: 'test' }
const mib = 1024 ** 2

describe('ledger', () => {
  let zone: TestZone
  let store: SimulatedVolumes
  let ledger: Ledger
  let deps: RepairDeps
  let broken: string | undefined
  beforeEach(async () => {
    zone = openTestZone()
    broken = undefined
    store = new SimulatedVolumes({
      totalBytes: 100 * mib,
      before: ({ method }) => {
        if (method === broken) throw new Error('killed')
      },
    })
    const common = { zone: zone.zone, store: () => store, now: () => zone.time.now }
    const findings = new Findings(common)
    ledger = createLedger({ ...common, inspector: store.inspector() }, findings)
    deps = { ...common, findings, retentionMs: () => 7 * 86_400_000 }
    await zone.zone.commit(info, [
      {
        table: 'storagePool',
        key: 'local',
        before: null,
        after: {
          name: 'local',
          type: 'dir',
          host: '',
          target: '/srv',
          options: { type: 'dir' as const },
          secret: null,
          createdAt: 0,
        },
      },
    ])
  })
  afterEach(() => zone.close())

  const row = (name: string, values: Partial<NewVolume> = {}): Change => {
    const origin = {
      ...{
        id: `id-${name}`,
        pool: 'local',
        name,
        kind: 'disk' as const,
        ownerKind: 'none' as const,
        owner: '',
      },
      ...{ format: 'qcow2' as const, sizeBytes: mib, createdAt: zone.time.now },
    }
    const claim = claimVolume(origin)
    return { ...claim, after: { ...claim.after!, state: 'ready', ...values } }
  }
  const add = (...changes: Change[]) => zone.zone.commit(info, changes)
  const make = async (name: string, values: Partial<NewVolume> = {}) => {
    await add(row(name, values))
    await store.create(name, { sizeBytes: mib, format: 'qcow2' })
  }
  const read = (name: string) => volumeNamed(zone.zone.db, 'local', name)
  const statuses = async () =>
    Object.fromEntries((await ledger.list(op, 'local')).map((entry) => [entry.name, entry.status]))
  const repair = () => repairPool(deps, 'local')
  const fill = async (name: string, bytes: number) => {
    const target = await store.openUpload(name)
    await target.write(Buffer.alloc(bytes))
    await target.finish()
  }

  test('tells owned, creating, unowned, missing, quarantined and partial apart', async () => {
    await make('owned.qcow2')
    await add(row('making.qcow2', { state: 'creating' }), row('lost.qcow2'))
    await store.create('stray.qcow2', { sizeBytes: mib, format: 'qcow2' })
    await make('gone.qcow2')
    await ledger.quarantine(op, 'local', 'gone.qcow2')
    await store.openUpload('half.raw')
    assert.deepEqual(await statuses(), {
      'gone.qcow2': 'quarantined',
      'half.raw.partial': 'partial',
      'lost.qcow2': 'missing',
      'making.qcow2': 'creating',
      'owned.qcow2': 'owned',
      'stray.qcow2': 'unowned',
    })
  })

  test('remembers since when something is unowned', async () => {
    await store.create('stray.qcow2', { sizeBytes: mib, format: 'qcow2' })
    const [first] = await ledger.list(op, 'local')
    zone.time.now += 5000
    assert.equal((await ledger.list(op, 'local'))[0]?.since, first?.since)
    await store.remove('stray.qcow2')
    await ledger.list(op, 'local')
    await store.create('stray.qcow2', { sizeBytes: mib, format: 'qcow2' })
    assert.equal((await ledger.list(op, 'local'))[0]?.since, zone.time.now)
  })

  test('claim, ready, quarantine and release are changes guarded by the version', async () => {
    await add(row('a.qcow2', { state: 'creating' }))
    const made = read('a.qcow2')!
    await add(readyVolume(made, { sizeBytes: 5 }))
    await rejects(add(readyVolume(made)), 'conflict')
    await add(quarantinedVolume(read('a.qcow2')!, 7))
    assert.equal(read('a.qcow2')?.quarantinedAt, 7)
    await add(releaseVolume(read('a.qcow2')!))
    assert.equal(read('a.qcow2'), undefined)
  })

  test('quarantine, undelete and purge', async () => {
    await make('a.qcow2')
    await ledger.quarantine(op, 'local', 'a.qcow2')
    assert.equal(await store.exists('a.qcow2'), false)
    await rejects(ledger.quarantine(op, 'local', 'a.qcow2'), 'conflict')
    await ledger.undelete(op, 'local', 'a.qcow2')
    assert.equal(read('a.qcow2')?.state, 'ready')
    await rejects(ledger.purge(op, 'local', 'a.qcow2'), 'conflict')
    await ledger.quarantine(op, 'local', 'a.qcow2')
    await ledger.purge(op, 'local', 'a.qcow2')
    assert.deepEqual(await statuses(), {})
    await rejects(ledger.purge(op, 'local', 'a.qcow2'), 'not_found')
    await rejects(ledger.undelete(op, 'local', 'a.qcow2'), 'not_found')
    await rejects(ledger.quarantine(op, 'local', '../a'), 'invalid')
  })

  test('a dry run changes neither the pool nor the record', async () => {
    await make('a.qcow2')
    const dry = { ...op, dryRun: true }
    assert.match((await ledger.quarantine(dry, 'local', 'a.qcow2')).effects[0]!.effect, /quarantine/)
    assert.deepEqual(await statuses(), { 'a.qcow2': 'owned' })
  })

  test('what others are built on is not quarantined under them', async () => {
    await make('base.qcow2')
    await make('top.qcow2', { parent: 'id-base.qcow2' })
    await rejects(ledger.quarantine(op, 'local', 'base.qcow2'), 'conflict', /top\.qcow2/)
    await ledger.quarantine(op, 'local', 'top.qcow2')
    await ledger.quarantine(op, 'local', 'base.qcow2')
    await rejects(ledger.undelete(op, 'local', 'top.qcow2'), 'conflict', /base\.qcow2/)
    await rejects(ledger.purge(op, 'local', 'base.qcow2'), 'conflict', /top\.qcow2/)
    await ledger.undelete(op, 'local', 'base.qcow2')
    await ledger.undelete(op, 'local', 'top.qcow2')
  })

  test('what an unrecorded file stands on is not quarantined either', async () => {
    await store.create('base.qcow2', { sizeBytes: mib, format: 'qcow2' })
    await store.clone('top.qcow2', { parent: 'base.qcow2', sizeBytes: mib })
    await rejects(ledger.quarantine(op, 'local', 'base.qcow2'), 'conflict', /top\.qcow2/)
    await ledger.quarantine(op, 'local', 'top.qcow2')
    await ledger.quarantine(op, 'local', 'base.qcow2')
    assert.equal(read('base.qcow2')?.quarantinedAt, zone.time.now)
  })

  test('adopts what belongs to nobody, parents first', async () => {
    await store.create('base.qcow2', { sizeBytes: mib, format: 'qcow2' })
    await store.clone('top.qcow2', { parent: 'base.qcow2', sizeBytes: 2 * mib })
    await rejects(ledger.adopt(op, 'local', 'top.qcow2'), 'invalid', /base\.qcow2/)
    await ledger.adopt(op, 'local', 'base.qcow2')
    await ledger.adopt(op, 'local', 'top.qcow2')
    assert.equal(read('top.qcow2')?.parent, read('base.qcow2')?.id)
    assert.equal(read('top.qcow2')?.sizeBytes, 2 * mib)
    await rejects(ledger.adopt(op, 'local', 'top.qcow2'), 'conflict')
    await rejects(ledger.adopt(op, 'local', 'nothing.qcow2'), 'not_found')
  })

  test('a creation may use the room of the quarantine, oldest first, and no more than it needs', async () => {
    for (const [at, name] of ['a', 'b', 'c'].entries()) {
      await fill(`${name}.raw`, 20 * mib)
      await add(row(`${name}.raw`, { format: 'raw' }))
      zone.time.now += at
      await ledger.quarantine(op, 'local', `${name}.raw`)
    }
    await ensureRoom(deps, 'local', 30 * mib)
    assert.deepEqual(Object.keys(await statuses()), ['a.raw', 'b.raw', 'c.raw'])
    await ensureRoom(deps, 'local', 50 * mib)
    assert.deepEqual(Object.keys(await statuses()), ['b.raw', 'c.raw'])
    await rejects(ensureRoom(deps, 'local', 101 * mib), 'insufficient_capacity', /quarantine/)
    assert.deepEqual(Object.keys(await statuses()), ['b.raw', 'c.raw'])
  })

  test('a layer is purged only after what stood on it', async () => {
    await make('base.qcow2')
    await make('top.qcow2', { parent: 'id-base.qcow2' })
    for (const name of ['base.qcow2', 'top.qcow2']) {
      await add(quarantinedVolume(read(name)!, zone.time.now))
      await store.quarantine(name)
    }
    zone.time.now += 8 * 86_400_000
    const { repaired } = await repair()
    assert.deepEqual(
      repaired.map((line) => /'(.*)'/.exec(line)?.[1]),
      ['top.qcow2', 'base.qcow2'],
    )
    assert.deepEqual(await statuses(), {})
  })

  test('a whole quarantine is purged by one reading of the list, whatever stands on what', async () => {
    // Each stands on the one before it, so that each purge frees the next.
    const old = zone.time.now - 8 * 86_400_000
    const quarantined = { state: 'quarantined' as const }
    for (let i = 0; i < 60; i++) {
      const parent = i % 20 === 0 ? null : `id-q${i - 1}.qcow2`
      await make(`q${i}.qcow2`, { ...quarantined, parent, quarantinedAt: old - i })
      await store.quarantine(`q${i}.qcow2`)
    }
    await make('young.qcow2', { ...quarantined, quarantinedAt: zone.time.now })
    await store.quarantine('young.qcow2')
    // Only the list is read in an order.
    const select = Object.getPrototypeOf(zone.zone.db.select().from(schema.volume))
    const lists = mock.method(select, 'orderBy')
    const purged = await purgeExpired(deps, 'local', 7 * 86_400_000)
    assert.deepEqual(purged.slice(0, 3), ['q59.qcow2', 'q58.qcow2', 'q57.qcow2'])
    assert.equal(purged.length, 60)
    assert.ok(volumeNamed(zone.zone.db, 'local', 'young.qcow2'))
    assert.equal(lists.mock.callCount(), 1)
    lists.mock.restore()
  })

  test('a pass repairs what a crash left, after the grace, and reports the rest', async () => {
    await add(row('lost.qcow2'), row('unfinished.qcow2', { state: 'creating' }))
    await store.create('stray.qcow2', { sizeBytes: mib, format: 'qcow2' })
    await store.openUpload('half.raw')
    for (const volume of store.partials.values()) volume.modifiedAt = zone.time.now
    const early = await repair()
    assert.deepEqual(early.repaired, [])
    assert.equal(early.findings.length, 2)
    zone.time.now += graceMs + 1
    assert.equal((await repair()).repaired.length, 2)
    assert.deepEqual(await statuses(), { 'lost.qcow2': 'missing', 'stray.qcow2': 'unowned' })
    assert.deepEqual((await repair()).repaired, [])
  })

  test('what a live task or an upload has in hand is left alone', async () => {
    await add(row('a.qcow2', { state: 'creating', owner: 'guest-1' }), row('b.raw', { state: 'creating' }))
    zone.zone.db
      .insert(cellSchema.task)
      .values({
        ...{
          id: 't',
          kind: 'k',
          subject: 's',
          title: 't',
          params: { guest: { id: 'guest-1' } },
          state: 'stuck',
        },
        ...{
          locks: { shared: [], exclusive: [] },
          progress: 0,
          cancelRequested: false,
          who: 'w',
          requestId: 'r',
        },
        createdAt: 0,
      })
      .run()
    zone.zone.db
      .insert(cellSchema.upload)
      .values({
        id: 'u',
        image: 'i',
        pool: 'local',
        volume: 'id-b.raw',
        who: 'w',
        createdAt: 0,
        touchedAt: 0,
      })
      .run()
    await store.openUpload('b.raw')
    for (const volume of store.partials.values()) volume.modifiedAt = zone.time.now
    zone.time.now += 10 * graceMs
    assert.deepEqual((await repair()).repaired, [])
  })

  test('a purge, a deletion and an undelete cut in the middle are put right', async () => {
    await make('a.qcow2')
    broken = 'quarantine'
    await assert.rejects(ledger.quarantine(op, 'local', 'a.qcow2'), /killed/)
    broken = undefined
    zone.time.now += graceMs + 1
    assert.match((await repair()).repaired.join(), /into quarantine/)
    await store.purge('a.qcow2')
    assert.match((await repair()).repaired.join(), /forgot/)
    assert.equal(findVolume(zone.zone.db, 'id-a.qcow2'), undefined)
    await make('b.qcow2')
    await store.quarantine('b.qcow2')
    assert.deepEqual(await statuses(), { 'b.qcow2': 'missing' })
    await ledger.undelete(op, 'local', 'b.qcow2')
    assert.deepEqual(await statuses(), { 'b.qcow2': 'owned' })
  })

  test('needs the permissions', async () => {
    const reader: OperationContext = {
      ...op,
      who: { name: 'ann', kind: 'user', groups: [], permissions: new Set(['storage.read']) },
    }
    await make('a.qcow2')
    assert.equal((await ledger.list(reader, 'local')).length, 1)
    for (const verb of ['quarantine', 'undelete', 'purge', 'adopt'] as const)
      await rejects(ledger[verb](reader, 'local', 'a.qcow2'), 'forbidden')
  })
})

const rejects = (promise: Promise<unknown>, code: ErrorCode, message = /./) =>
  assert.rejects(
    promise,
    (error) => error instanceof AppError && error.code === code && message.test(error.message),
  )
