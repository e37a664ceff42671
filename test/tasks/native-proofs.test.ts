// Tasks on a pool that keeps snapshots inside its volumes, and the way of an image from one pool to another.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemContext } from '../../src/core/context.ts'
import { guestCreate } from '../../src/core/guests/create.ts'
import type { GuestDeps } from '../../src/core/guests/deps.ts'
import { planGuest } from '../../src/core/guests/plan.ts'
import { readGuest } from '../../src/core/guests/record.ts'
import { snapshotCreate } from '../../src/core/snapshots/create.ts'
import { snapshotDelete } from '../../src/core/snapshots/delete.ts'
import { planCreate, planRestore, readSnapshot } from '../../src/core/snapshots/plan.ts'
import { snapshotRestore } from '../../src/core/snapshots/restore.ts'
import type { OpenDatabase } from '../../src/db/connect.ts'
import { SimulatedVolumes } from '../../src/drivers/simulated/volumes.ts'
import { createLocalZone } from '../../src/zone/local-zone.ts'
import { openTestDatabase } from '../support/database.ts'
import { variantsOf } from '../support/long-suite.ts'
import { quietLog } from '../support/quiet-log.ts'
import { proveSaga } from './crash-proof.ts'
import {
  destroyGuestWorld,
  type GuestWorld,
  guestDeps,
  guestId,
  leftovers,
  makeGuestWorld,
  prepareZone,
  request,
} from './guest-stage.ts'
import { prove } from './prove-guest.ts'

const wanted = { name: 'b', description: '', consistency: 'crash' as const }

/** Names of the snapshots inside the guest's disks, without the part that is made by chance. */
const inside = ({ volumes }: GuestWorld) =>
  [...volumes.inUse].flatMap(([name, volume]) =>
    name.startsWith('disk-') ? [[...(volume.inside?.keys() ?? [])].length] : [],
  )

describe('snapshots inside volumes survive an error, a crash and a repeat at every step', () => {
  const states = [
    ['stopped', false, false],
    ['running', false, true],
    ['running, with memory', true, true],
  ] as const
  for (const [how, memory, running] of variantsOf('snapshot.create', states, ([, isWith]) => isWith))
    test(`snapshot.create, ${how}`, () =>
      prove({
        history: { running, native: true, snapshots: ['a'] },
        saga: snapshotCreate,
        params: (deps) => planCreate(deps, readGuest(deps.zone, guestId), { ...wanted, memory }, running),
        done(left, world) {
          assert.deepEqual(left.guests, ['web1 ready b'])
          assert.deepEqual(left.snapshots, ['a', 'b'])
          assert.deepEqual(inside(world), [2, 2])
          assert.deepEqual(left.domains, [`manager.web1 ${running ? 'running' : 'stopped'}`])
        },
      }))

  test('snapshot.restore keeps what it leaves, where snapshots lie in that', () =>
    prove({
      history: { running: false, native: true, snapshots: ['a', 'b'] },
      saga: snapshotRestore,
      params: (deps) => {
        const guest = readGuest(deps.zone, guestId)
        return planRestore(deps, guest, readSnapshot(deps, guestId, 'a'), false)
      },
      done(left, world) {
        assert.deepEqual(left.guests, ['web1 ready a'])
        assert.deepEqual(inside(world).sort(), [0, 0, 2, 2])
        assert.equal(left.volumes.filter((line) => line.includes('hidden')).length, 2)
      },
    }))

  test('snapshot.restore sends what holds no snapshot into quarantine', () =>
    prove({
      history: { running: false, native: true, snapshots: ['a', '>a'] },
      saga: snapshotRestore,
      params: (deps) => {
        const guest = readGuest(deps.zone, guestId)
        return planRestore(deps, guest, readSnapshot(deps, guestId, 'a'), false)
      },
      done(left) {
        assert.equal(left.inQuarantine.filter((name) => name.startsWith('disk-')).length, 2)
        assert.equal(left.volumes.filter((line) => line.includes('hidden')).length, 2)
      },
    }))

  const trees = [
    ['the only one', ['a'], 0],
    ['one in the middle', ['a', 'b', '>a'], 2],
  ] as const
  for (const [what, snapshots, hidden] of variantsOf('snapshot.delete', trees, ([, , left]) => left > 0))
    test(`snapshot.delete, ${what}`, () =>
      prove({
        history: { running: false, native: true, snapshots: [...snapshots] },
        saga: snapshotDelete,
        params: (deps) => {
          const { id, name, parent, memory, nvram, layers } = readSnapshot(deps, guestId, 'a')
          return {
            ...{ guest: guestId, guestName: 'web1', snapshot: id, name, parent },
            natives: layers.flatMap(({ volume, snapshot }) => (snapshot ? [{ volume, snapshot }] : [])),
            files: [memory, nvram].filter((file) => file !== null),
          }
        },
        tolerate: (left) => left,
        done(left) {
          assert.ok(!left.snapshots.includes('a'))
          assert.equal(left.volumes.filter((line) => line.includes('hidden')).length, hidden)
        },
      }))
})

interface TwoPools extends GuestWorld {
  ceph: SimulatedVolumes
}

/** As main wires it, with the guest's disks on one pool and its image and files on another. */
function twoPools(world: TwoPools, database: OpenDatabase): GuestDeps {
  const deps = guestDeps(world, database)
  const store = (pool: string) => (pool === 'ceph' ? world.ceph : deps.store(pool))
  return { ...deps, store, filePool: () => 'local' }
}

async function prepareTwoPools(database: OpenDatabase): Promise<void> {
  await prepareZone(database)
  const zone = createLocalZone({ sqlite: database.sqlite, db: database.db })
  const info = { who: 'test', requestId: 'test', action: 'prepare' }
  const pool = {
    ...{ name: 'ceph', type: 'rbd' as const, host: 'mon:6789', target: 'rbd', secret: null, createdAt: 0 },
    options: { type: 'rbd' as const, user: '', secretUuid: guestId },
  }
  await zone.commit(info, [{ table: 'storagePool', key: 'ceph', before: null, after: pool }])
  const row = zone.db.query.computePool.findFirst().sync()
  if (!row) throw new Error('there is no compute pool')
  const { version, ...compute } = row
  await zone.commit(info, [
    { table: 'computePool', key: 'default', before: version, after: { ...compute, storage: 'ceph' } },
  ])
}

async function makeTwoPools(): Promise<TwoPools> {
  const world = await makeGuestWorld()
  const ceph = new SimulatedVolumes()
  ceph.keepSnapshotsInside()
  // A copy reads where the other pool has it.
  const { location } = world.volumes
  world.volumes.location = async (name) => {
    const found = await location.call(world.volumes, name)
    ceph.inUse.set('from-elsewhere', {
      virtualSizeBytes: 1 << 30,
      parent: null,
      modifiedAt: 0,
      content: null,
    })
    return { ...found, filename: '/simulated/from-elsewhere' }
  }
  return { ...world, ceph }
}

test('guest.create brings its image onto the pool, cut at every step', async () => {
  const own = { ...request, autoStart: false, diskBytes: [2 ** 31] }
  const made = await (async () => {
    const world = await makeTwoPools()
    const database = openTestDatabase()
    await prepareTwoPools(database)
    const params = await planGuest(twoPools(world, database), systemContext(quietLog()), own)
    database.close()
    await destroyGuestWorld(world)
    return params
  })()
  assert.equal(made.imageCopy?.pool, 'ceph')
  await proveSaga<TwoPools, typeof made>({
    makeWorld: makeTwoPools,
    destroyWorld: destroyGuestWorld,
    prepareDatabase: (database) => prepareTwoPools(database),
    saga: (world, database) => guestCreate(twoPools(world, database)),
    params: made,
    locks: { exclusive: [`guest:${made.guest.id}`] },
    async isClean(world, database) {
      const left = await leftovers(world, database)
      assert.deepEqual([left.guests, left.addresses, left.domains], [[], [], []])
      // The copy may stay for the next guest.
      assert.ok([...world.ceph.inUse.keys()].every((name) => /^image-|^from-/.test(name)))
      return true
    },
    async isDone(world, database) {
      const left = await leftovers(world, database)
      assert.deepEqual(left.guests, ['web1 ready null'])
      const names = [...world.ceph.inUse.keys()].map((name) => name.split('-')[0]).sort()
      assert.deepEqual(names, ['disk', 'from', 'image'])
      assert.ok(left.volumes.some((line) => /^image-.*\.raw ready on null/.test(line)))
      assert.ok(
        left.onPool.some((name) => name.startsWith('nvram-')),
        'files lie where files can be',
      )
      return true
    },
  })
})
