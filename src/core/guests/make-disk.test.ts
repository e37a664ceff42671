import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestZone } from '../../../test/support/zone.ts'
import { SimulatedVolumes } from '../../drivers/simulated/volumes.ts'
import { ensureDefaultPool } from '../storage-pools/storage-pools.ts'
import type { CopyRequest } from '../volumes.ts'
import type { Volume } from './guest.ts'
import { makeDisk } from './make-disk.ts'
import { readVolume } from './record.ts'

test('a disk on a pool without thin clones is a full copy of the image, and stands alone', async () => {
  const { zone, close } = openTestZone()
  after(close)
  await ensureDefaultPool(zone, '/srv/local')
  const row = (id: string, values: Partial<Volume>): Omit<Volume, 'version'> => ({
    ...{ id, pool: 'local', name: `${id}.raw`, kind: 'disk', state: 'ready', ownerKind: 'none', owner: '' },
    ...{ format: 'raw', sizeBytes: 1024, parent: null, hidden: false, quarantinedAt: null, createdAt: 0 },
    ...values,
  })
  const image = row('image', { kind: 'image', name: 'image.qcow2', format: 'qcow2' })
  const disk = row('disk', { parent: 'image', state: 'creating', sizeBytes: 4096 })
  const commit = { who: 'test', requestId: 'test' }
  for (const after of [image, disk])
    await zone.commit({ ...commit, action: 'make' }, [
      { table: 'volume', key: after.id, before: null, after },
    ])

  const asked: [name: string, request: CopyRequest][] = []
  const store = Object.assign(new SimulatedVolumes(), {
    capabilities: { ...new SimulatedVolumes().capabilities, thinClone: false },
    location: async (name: string) => ({ filename: `/srv/local/${name}`, format: 'qcow2' as const }),
    copy: async (name: string, request: CopyRequest) => void asked.push([name, request]),
  })
  const room: number[] = []
  const ensureRoom = async (_: string, bytes: number) => void room.push(bytes)
  const deps = { zone, store: () => store, ensureRoom, now: () => 0 }
  const context = { progress: () => undefined, signal: new AbortController().signal, commit }
  // Cut after the copy, the step runs again with the same words.
  for (const _ of [1, 2]) await makeDisk(deps, disk, context)
  const source = { filename: '/srv/local/image.qcow2', format: 'qcow2' }
  assert.deepEqual(asked[0], ['disk.raw', { source, format: 'raw', sizeBytes: 4096 }])
  assert.equal(asked.length, 2)
  assert.equal(readVolume(zone, 'disk').parent, null)
  assert.deepEqual(room, [4096, 4096])
})
