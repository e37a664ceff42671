import { createHash } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Change, CommitInfo, Database, Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import { findVolume } from '../ledger/record.ts'
import { claimVolume, type NewVolume, readyVolume, type Volume } from '../ledger/volume.ts'
import type { VolumeStore } from '../volumes.ts'
import type { Image } from './image.ts'

/** What an image's copies on other pools are made with. */
export interface CopyDeps {
  zone: Zone
  store(pool: string): VolumeStore
  ensureRoom(pool: string, bytes: number): Promise<void>
  now(): number
}

/**
 * The volume of a disk image that clones on `pool` stand on: its own one, or its copy there. The copy's id follows from
 * image and pool, so that everybody who wants one means the same; `claim` is its row where there is none yet.
 */
export function imageOn(
  deps: Pick<CopyDeps, 'zone' | 'store' | 'now'>,
  image: Pick<Image, 'id' | 'volume' | 'virtualSizeBytes'>,
  pool: string,
): { parent: string; claim: NewVolume | null } {
  const own = image.volume ? findVolume(deps.zone.db, image.volume) : undefined
  if (!own) throw new AppError('conflict', 'the disk image has lost its bytes')
  if (own.pool === pool) return { parent: own.id, claim: null }
  const { capabilities } = deps.store(pool)
  // Each guest gets the whole image then, from where it lies.
  if (!capabilities.thinClone) return { parent: own.id, claim: null }
  const id = copyId(image.id, pool)
  if (findVolume(deps.zone.db, id)) return { parent: id, claim: null }
  const { diskFormat: format } = capabilities
  const change = claimVolume({
    ...{ id, pool, name: `image-${image.id}.${format}`, kind: 'image', format },
    ...{ ownerKind: 'image', owner: image.id, sizeBytes: image.virtualSizeBytes, createdAt: deps.now() },
  })
  return { parent: id, claim: change.after as NewVolume }
}

const copyId = (image: string, pool: string): string => {
  const digest = createHash('sha256').update(`${image}/${pool}`).digest('hex')
  const parts = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `a${digest.slice(17, 20)}`,
  ]
  return [...parts, digest.slice(20, 32)].join('-')
}

/** The claim of a copy that nobody has claimed meanwhile. */
export const claimCopy = (db: Database, claim: NewVolume | null | undefined): Change[] =>
  claim && !findVolume(db, claim.id) ? [{ table: 'volume', key: claim.id, before: null, after: claim }] : []

interface Bringing {
  progress(percent: number): void
  signal: AbortSignal
  commit: Omit<CommitInfo, 'action'>
}

const underWay = new Map<string, Promise<void>>()

/** Brings the bytes of a claimed copy onto its pool, once for all who wait for it. Repeatable. */
export async function bringCopy(deps: CopyDeps, volumeId: string, bringing: Bringing): Promise<void> {
  for (;;) {
    const volume = findVolume(deps.zone.db, volumeId)
    if (volume?.state !== 'creating' || volume.ownerKind !== 'image') return
    const others = underWay.get(volumeId)
    if (!others) {
      const own = bring(deps, volume, bringing).finally(() => underWay.delete(volumeId))
      underWay.set(volumeId, own)
      return own
    }
    // Theirs may have been cancelled, which is no reason for ours to end.
    await others.catch((error: unknown) => {
      if (!bringing.signal.aborted && error instanceof AppError) throw error
    })
    bringing.signal.throwIfAborted()
  }
}

async function bring(deps: CopyDeps, volume: Volume, { progress, signal, commit }: Bringing): Promise<void> {
  const source = imageBytes(deps, volume)
  const from = deps.store(source.pool)
  await deps.ensureRoom(volume.pool, (await from.info(source.name)).allocatedBytes)
  const location = await from.location(source.name)
  await deps
    .store(volume.pool)
    .copy(volume.name, { source: location, format: volume.format }, progress, signal)
  const row = findVolume(deps.zone.db, volume.id)
  if (row?.state === 'creating')
    await deps.zone.commit({ ...commit, action: `image.copy ${volume.pool}/${volume.name}` }, [
      readyVolume(row),
    ])
}

/** Where the image's own bytes lie. */
export function imageBytes({ zone }: Pick<CopyDeps, 'zone'>, copy: Pick<Volume, 'owner' | 'name'>): Volume {
  const image = zone.db.select().from(schema.image).where(eq(schema.image.id, copy.owner)).get()
  const volume = image?.volume ? findVolume(zone.db, image.volume) : undefined
  if (volume?.state === 'ready') return volume
  throw new AppError('conflict', `the disk image of '${copy.name}' has lost its bytes`)
}

/** All copies of an image, and the volume that it was uploaded or built to. */
export const volumesOfImage = (db: Database, image: string): Volume[] =>
  db
    .select()
    .from(schema.volume)
    .where(and(eq(schema.volume.ownerKind, 'image'), eq(schema.volume.owner, image)))
    .all()

/** What a new copy of the image will take of the pool, for the check before anything begins; 0 where one is there. */
export async function copyBytes(
  deps: CopyDeps,
  image: Pick<Image, 'volume'>,
  claim: NewVolume | null,
): Promise<number> {
  const source = claim && image.volume ? findVolume(deps.zone.db, image.volume) : undefined
  return source ? (await deps.store(source.pool).info(source.name)).allocatedBytes : 0
}
