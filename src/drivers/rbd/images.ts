// One small function for each `rbd` command: what is passed, and what comes back as typed values.
import { setTimeout as delay } from 'node:timers/promises'
import * as v from 'valibot'
import { AppError } from '../../core/errors.ts'
import type { Progress } from '../../core/volumes.ts'
import { lastPercent } from '../qemu-img/qemu-img.ts'
import { type Cluster, failedWith } from './cluster.ts'
import * as list from './words.ts'

/** A pool of a cluster. */
export interface RbdPool {
  cluster: Cluster
  pool: string
}

export interface Image {
  id: string
  sizeBytes: number
  /** Name of the image that it was cloned from, also where that lies in the trash. */
  parent: string | null
  createdAt: number
}

const exists = 17
const missing = 2
const busy = 16
const notEmpty = 39
const invalid = 22

const json = <T>(schema: v.GenericSchema<unknown, T>, text: string): T => v.parse(schema, JSON.parse(text))

const call = ({ cluster, pool }: RbdPool, words: readonly string[], options = {}) =>
  cluster.call('rbd', list.onPool(pool, words), options)

/** Names of all images that the pool's directory holds; what a crash left half renamed has one name only there. */
export const names = async (at: RbdPool): Promise<string[]> =>
  json(v.array(v.string()), await call(at, ['ls', '--format', 'json']))

const infoSchema = v.object({
  id: v.string(),
  size: v.number(),
  create_timestamp: v.optional(v.string(), ''),
  parent: v.optional(v.object({ image: v.string() })),
})

const readInfo = (text: string): Image => {
  const { id, size, parent, create_timestamp } = json(infoSchema, text)
  return { id, sizeBytes: size, parent: parent?.image ?? null, createdAt: timeOf(create_timestamp) }
}

/** Ceph prints local time without a zone, and LC_ALL=C leaves it to TZ. */
export const timeOf = (text: string): number => Date.parse(text) || 0

/** Undefined where there is no such image. */
export async function info(at: RbdPool, name: string): Promise<Image | undefined> {
  try {
    return readInfo(await call(at, ['info', '--image', name, '--format', 'json']))
  } catch (error) {
    if (failedWith(error, missing)) return undefined
    throw error
  }
}

/** Of an image in the trash. */
export const infoById = async (at: RbdPool, id: string): Promise<Image> =>
  readInfo(await call(at, ['info', '--image-id', id, '--format', 'json']))

const duSchema = v.object({
  images: v.array(
    v.object({
      name: v.string(),
      snapshot: v.optional(v.string()),
      provisioned_size: v.number(),
      used_size: v.number(),
    }),
  ),
})

export interface Figures {
  name: string
  sizeBytes: number
  /** Of the image and all its snapshots. */
  allocatedBytes: number
}

const duMs = 120_000

/** What images really hold; of one, or of all. Quick only with the feature fast-diff, which is Ceph's default. */
export async function diskUsage(at: RbdPool, name?: string): Promise<Figures[]> {
  const words = ['du', ...(name ? ['--image', name] : []), '--format', 'json']
  const { images } = json(duSchema, await call(at, words, { timeoutMs: duMs }))
  const figures = new Map<string, Figures>()
  for (const row of images) {
    const known = figures.get(row.name) ?? { name: row.name, sizeBytes: 0, allocatedBytes: 0 }
    known.allocatedBytes += row.used_size
    if (row.snapshot === undefined) known.sizeBytes = row.provisioned_size
    figures.set(row.name, known)
  }
  return [...figures.values()]
}

export const create = (at: RbdPool, name: string, sizeBytes: number) =>
  call(at, list.createWords(name, sizeBytes))

export const resize = (at: RbdPool, name: string, sizeBytes: number) =>
  call(at, list.resizeWords(name, sizeBytes), { timeoutMs: lockedMs })

export const clone = (at: RbdPool, from: { image: string; snapshot: string }, name: string) =>
  call(at, list.cloneWords(from, { pool: at.pool, name }), { timeoutMs: lockedMs })

/** Copies what a clone still reads of its parent; works on an image that a guest has open. */
export const flatten = (at: RbdPool, name: string, progress: Progress, signal: AbortSignal) =>
  long(at, ['flatten', '--image', name], progress, signal)

/** Gives back the objects that hold nothing but zeroes. */
export const sparsify = (at: RbdPool, name: string, progress: Progress, signal: AbortSignal) =>
  long(at, list.sparsifyWords(name), progress, signal)

/**
 * Gives a finished image its name. A rename that a crash cut after its first part has left an object that names the image
 * but that the directory does not know: it is removed, and the rename done again.
 */
export async function rename(at: RbdPool, from: string, to: string): Promise<void> {
  const words = list.renameWords(at.pool, from, to)
  try {
    await call(at, words, { timeoutMs: lockedMs })
  } catch (error) {
    if (!failedWith(error, exists) || (await names(at)).includes(to)) throw error
    await at.cluster.call('rados', ['--pool', at.pool, 'rm', `rbd_id.${to}`])
    await call(at, words, { timeoutMs: lockedMs })
  }
}

/** Repeatable: an image that is gone has been removed. Its snapshots go with it. */
export async function remove(at: RbdPool, name: string): Promise<void> {
  await gone(async () => {
    for (const snapshot of await snapshots(at, { name })) await removeSnapshot(at, { name }, snapshot.name)
    await unwatched(() => call(at, ['rm', '--no-progress', '--image', name], { timeoutMs: 600_000 }))
  })
}

async function gone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!failedWith(error, missing)) throw error
  }
}

const watchMs = 45_000
/** The lock of a client that was killed stands in the way of a change until it no longer counts as watching. */
const lockedMs = 120_000

/** A client that was killed counts as watching for half a minute more. */
async function unwatched(work: () => Promise<unknown>): Promise<void> {
  const until = performance.now() + watchMs
  for (;;) {
    try {
      await work()
      return
    } catch (error) {
      const watched = failedWith(error, busy) && performance.now() < until
      if (!watched) throw error
      await delay(2_000)
    }
  }
}

/** An image by name, or in the trash by id. */
export type ImageRef = { name: string } | { id: string }

const ref = (image: ImageRef) => ('name' in image ? ['--image', image.name] : ['--image-id', image.id])

export interface Snapshot {
  name: string
  sizeBytes: number
  isProtected: boolean
}

const snapshotsSchema = v.array(
  v.object({
    id: v.number(),
    name: v.string(),
    size: v.number(),
    protected: v.optional(v.string(), 'false'),
  }),
)

/** By age, the oldest first. */
export async function snapshots(at: RbdPool, image: ImageRef): Promise<Snapshot[]> {
  const rows = json(snapshotsSchema, await call(at, ['snap', 'ls', ...ref(image), '--format', 'json']))
  return rows
    .sort((a, b) => a.id - b.id)
    .map((row) => ({ name: row.name, sizeBytes: row.size, isProtected: row.protected === 'true' }))
}

/** Repeatable: one that is there stays as it is. */
export async function createSnapshot(at: RbdPool, name: string, snapshot: string): Promise<void> {
  try {
    await call(at, ['snap', 'create', '--no-progress', '--image', name, '--snap', snapshot], {
      timeoutMs: lockedMs,
    })
  } catch (error) {
    if (!failedWith(error, exists)) throw error
  }
}

export async function protectSnapshot(at: RbdPool, name: string, snapshot: string): Promise<void> {
  try {
    await call(at, ['snap', 'protect', '--image', name, '--snap', snapshot], { timeoutMs: lockedMs })
  } catch (error) {
    if (!failedWith(error, busy)) throw error
  }
}

/**
 * Repeatable. Clones of the second format keep what they read of it; those of the first, which others may have made,
 * forbid it: then `busy` is thrown.
 */
export async function removeSnapshot(at: RbdPool, image: ImageRef, snapshot: string): Promise<void> {
  const words = [...ref(image), '--snap', snapshot]
  await gone(async () => {
    await call(at, ['snap', 'unprotect', ...words], { timeoutMs: lockedMs }).catch((error: unknown) => {
      if (failedWith(error, busy)) throw standsOn(snapshot, error)
      if (!failedWith(error, invalid)) throw error
    })
    await call(at, ['snap', 'rm', '--no-progress', ...words], { timeoutMs: 600_000 })
  })
}

const standsOn = (name: string, cause: unknown) =>
  new AppError('conflict', `clones stand on '${name}': delete or flatten them first`, { cause })

export const rollback = (
  at: RbdPool,
  { name, snapshot }: { name: string; snapshot: string },
  progress: Progress,
  signal: AbortSignal,
) => long(at, ['snap', 'rollback', '--image', name, '--snap', snapshot], progress, signal)

const trashSchema = v.array(
  v.object({ id: v.string(), name: v.string(), deleted_at: v.optional(v.string(), '') }),
)

export interface Trashed {
  id: string
  name: string
  deletedAt: number
}

export async function trash(at: RbdPool): Promise<Trashed[]> {
  const rows = json(trashSchema, await call(at, ['trash', 'ls', '--long', '--format', 'json']))
  return rows.map(({ id, name, deleted_at }) => ({ id, name, deletedAt: timeOf(deleted_at) }))
}

export async function toTrash(at: RbdPool, name: string): Promise<void> {
  await unwatched(() => call(at, list.trashWords(name), { timeoutMs: lockedMs }))
}

export const fromTrash = (at: RbdPool, id: string) =>
  call(at, ['trash', 'restore', '--image-id', id], { timeoutMs: lockedMs })

/** For good, with its snapshots; repeatable. */
export async function removeTrashed(at: RbdPool, id: string): Promise<void> {
  await gone(async () => {
    for (const snapshot of await snapshots(at, { id })) await removeSnapshot(at, { id }, snapshot.name)
    try {
      const words = ['trash', 'rm', '--no-progress', '--force', '--image-id', id]
      await unwatched(() => call(at, words, { timeoutMs: 600_000 }))
    } catch (error) {
      throw failedWith(error, notEmpty) ? standsOn(id, error) : error
    }
  })
}

const usedKey = 'nacelle.used'

/** Kept with the image, because nothing tells the usage of one in the trash. */
export const noteUsage = (at: RbdPool, name: string, bytes: number) =>
  call(at, ['image-meta', 'set', '--image', name, usedKey, String(bytes)], { timeoutMs: lockedMs })

/** What `noteUsage` kept of an image that lies in the trash now; 0 where nothing was. */
export async function notedUsage({ cluster, pool }: RbdPool, id: string): Promise<number> {
  const words = ['--pool', pool, 'getomapval', `rbd_header.${id}`, `metadata_${usedKey}`, '/dev/stdout']
  try {
    return Number(/(\d+)\D*$/.exec(await cluster.call('rados', words))?.[1] ?? 0)
  } catch {
    return 0
  }
}

// No time limit: how long it takes depends on the data alone, and the signal ends it.
async function long(
  at: RbdPool,
  words: readonly string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const onStderr = (text: string) => {
    const percent = percentOf(text)
    if (percent !== undefined) progress(percent)
  }
  await call(at, words, { timeoutMs: 0, signal, onStderr, priority: 'low' })
}

/** The newest of the `12% complete` that `rbd` has written. */
export function percentOf(text: string): number | undefined {
  const found = [...text.matchAll(/(\d{1,3})% complete/g)].at(-1)?.[1]
  return found === undefined ? lastPercent(text) : Math.min(100, Number(found))
}
