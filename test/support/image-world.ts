import { once } from 'node:events'
import type { Log, OperationContext } from '../../src/core/context.ts'
import { systemContext } from '../../src/core/context.ts'
import type { GuestDeps } from '../../src/core/guests/deps.ts'
import { createImages, type Images } from '../../src/core/images/images.ts'
import { createUploads, type Uploads } from '../../src/core/images/uploads.ts'
import { ensureRoom } from '../../src/core/ledger/room.ts'
import type { ImageInspector, VolumeStore } from '../../src/core/volumes.ts'
import { SimulatedVolumes } from '../../src/drivers/simulated/volumes.ts'
import { TaskRunner } from '../../src/tasks/runner.ts'
import type { Change } from '../../src/zone/zone.ts'
import { groupChange, openTestZone, type TestZone, testCommit, userChange } from './zone.ts'

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog }

export interface ImageWorld extends TestZone {
  tasks: TaskRunner
  images: Images
  uploads: Uploads
  op: OperationContext
  close(): Promise<void>
}

const poolChange: Change<'storagePool'> = {
  table: 'storagePool',
  key: 'local',
  before: null,
  after: {
    name: 'local',
    type: 'dir',
    host: '',
    target: '/srv/local',
    options: { type: 'dir' as const },
    secret: null,
    createdAt: 0,
  },
}

/** The image services on a real database with one pool; simulated volumes unless others are given. */
export async function openImageWorld(
  given: { store?: VolumeStore; inspector?: ImageInspector; guests?: Partial<GuestDeps> } = {},
): Promise<ImageWorld> {
  const database = openTestZone()
  const simulated = new SimulatedVolumes()
  const { zone, db, time } = database
  const tasks = new TaskRunner({ db, log: silentLog })
  const store = () => given.store ?? simulated
  const now = () => time.now
  const room = (pool: string, bytes: number) => ensureRoom({ zone, store, now }, pool, bytes)
  const inspector = given.inspector ?? simulated.inspector()
  const common = { zone, tasks, store, ensureRoom: room, now }
  const imageDeps = { ...common, inspector, imagePool: () => 'local' }
  const uploads = createUploads(imageDeps)
  const guests = { ...common, ...given.guests } as GuestDeps
  const images = createImages({ ...imageDeps, uploads, guests })
  await zone.commit(testCommit, [
    poolChange,
    groupChange('manager'),
    groupChange('staff'),
    userChange('admin'),
  ])
  const close = async () => {
    await tasks.stop()
    database.close()
  }
  return { ...database, tasks, images, uploads, op: systemContext(silentLog), close }
}

/** A body that sends its chunks and then breaks, as a connection does. */
export async function* breaking(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
  throw new Error('connection lost')
}

/** A body that sends its chunks and then stays silent until the signal. */
export async function* hanging(
  chunks: readonly Uint8Array[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield* chunks
  if (!signal.aborted) await once(signal, 'abort')
}

export async function* sending(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}
