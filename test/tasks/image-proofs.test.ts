import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemContext } from '../../src/core/context.ts'
import type { GuestDeps } from '../../src/core/guests/deps.ts'
import { imageBuild } from '../../src/core/images/build.ts'
import { type ImageDeleteParams, imageDelete } from '../../src/core/images/delete.ts'
import type { ImageDeps } from '../../src/core/images/deps.ts'
import { planBuild } from '../../src/core/images/plan.ts'
import type { OpenDatabase } from '../../src/db/connect.ts'
import * as schema from '../../src/db/schema.ts'
import { silentLog } from '../api/serve.ts'
import { openTestDatabase } from '../support/database.ts'
import { proveSaga } from './crash-proof.ts'
import { guestWithHistory, type History, paramsFor } from './guest-history.ts'
import {
  destroyGuestWorld,
  type GuestWorld,
  guestDeps,
  guestId,
  imageId,
  type Leftovers,
  ledgerProblems,
  leftovers,
  makeGuestWorld,
  prepareZone,
} from './guest-stage.ts'

const op = systemContext(silentLog)
const request = { name: 'golden', owner: 'admin', group: 'manager', description: '', tags: [] }

const imagesOf = ({ db }: OpenDatabase) =>
  db
    .select()
    .from(schema.image)
    .all()
    .filter((image) => image.kind === 'disk')
    .map((image) => `${image.name} ${image.state}`)
    .sort()

const deleteDeps = (deps: GuestDeps, world: GuestWorld): ImageDeps => ({
  ...deps,
  inspector: world.volumes.inspector(),
  imagePool: () => 'local',
})

const systemVolume = ({ db }: OpenDatabase) => db.select().from(schema.guest).get()?.disks[0]?.volume

/** Which layer is the system disk's is the only thing that a build of a running guest may change. */
const nameless = (left: Leftovers, disk: string): Leftovers => {
  const plain = (name: string) => name.replaceAll(disk, 'system')
  return { ...left, volumes: left.volumes.map(plain).sort(), onPool: left.onPool.map(plain).sort() }
}

describe('the tasks of an image survive an error, a crash and a repeat at every step', () => {
  test('image.delete', async () => {
    await proveSaga<GuestWorld, ImageDeleteParams>({
      makeWorld: makeGuestWorld,
      destroyWorld: destroyGuestWorld,
      prepareDatabase: (database) => prepareZone(database),
      saga: (world, database) => imageDelete(deleteDeps(guestDeps(world, database), world)),
      params: { id: imageId, kind: 'disk', name: 'debian' },
      locks: { exclusive: [`image:${imageId}`] },
      isClean(world, database) {
        assert.deepEqual(imagesOf(database), ['debian ready'])
        assert.deepEqual(ledgerProblems(world, database), [])
        return true
      },
      isDone(world, database) {
        assert.deepEqual(imagesOf(database), [])
        assert.deepEqual(ledgerProblems(world, database), [])
        assert.deepEqual([...world.volumes.quarantined.keys()], ['image-debian.qcow2'])
        return true
      },
    })
  })

  const histories: [name: string, history: History][] = [
    ['a stopped guest', { running: false }],
    ['a running guest', { running: true }],
    ['a running guest with snapshots', { running: true, snapshots: ['a', 'b'] }],
  ]
  for (const [name, history] of histories)
    test(`image.build from ${name}`, async () => {
      const params = await paramsFor(history, (deps: GuestDeps) => planBuild(deps, op, guestId, request), {
        makeWorld: makeGuestWorld,
        openDatabase: openTestDatabase,
      })
      assert.equal(params.overlay !== null, history.running)
      await proveSaga({
        makeWorld: makeGuestWorld,
        destroyWorld: destroyGuestWorld,
        async prepareDatabase(database, world) {
          await guestWithHistory(database, world, history)
          world.before = nameless(await leftovers(world, database), String(systemVolume(database)))
        },
        saga: (world, database) => imageBuild(guestDeps(world, database)),
        params,
        locks: { exclusive: [`guest:${guestId}`, `image:${params.image.id}`] },
        async isClean(world, database) {
          assert.deepEqual(ledgerProblems(world, database), [])
          assert.deepEqual(imagesOf(database), ['debian ready'])
          assert.deepEqual(
            nameless(await leftovers(world, database), String(systemVolume(database))),
            world.before,
          )
          return true
        },
        async isDone(world, database) {
          assert.deepEqual(ledgerProblems(world, database), [])
          assert.deepEqual(imagesOf(database), ['debian ready', 'golden ready'])
          const built = world.volumes.inUse.get(params.volume.name)
          assert.deepEqual([built?.parent, built?.virtualSizeBytes], [null, params.volume.sizeBytes])
          const left = nameless(await leftovers(world, database), String(systemVolume(database)))
          const others = left.volumes.filter((line) => !line.startsWith(params.volume.name))
          assert.deepEqual(others, world.before?.volumes)
          return true
        },
      })
    })
})
