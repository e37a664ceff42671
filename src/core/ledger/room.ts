import type { CommitInfo, Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import type { VolumeStore } from '../volumes.ts'
import { findVolume, isInHand, purgeable, purgeableOf } from './record.ts'
import { releaseVolume, type Volume } from './volume.ts'

export interface RoomDeps {
  zone: Zone
  store(pool: string): VolumeStore
  now(): number
}

const by = (action: string): CommitInfo => ({ who: 'system', requestId: 'quarantine', action })

/**
 * Makes sure that so many bytes can be written to the pool: what lies in quarantine counts as free and is purged, longest
 * deleted first, as far as needed. Throws `insufficient_capacity` with the figures, having purged nothing in vain.
 */
export async function ensureRoom(deps: RoomDeps, pool: string, bytes: number): Promise<void> {
  const usage = await deps.store(pool).usage()
  if (usage.freeBytes >= bytes) return
  await requireRoom(deps, pool, bytes)
  const names = purgeInTurn(deps, pool, { why: 'for room' })
  while ((await names.next()).value !== undefined)
    if ((await deps.store(pool).usage()).freeBytes >= bytes) return
  throw tooFull(pool, bytes, await deps.store(pool).usage())
}

/** Throws what `ensureRoom` would throw, and purges nothing. */
export async function requireRoom(
  { store }: Pick<RoomDeps, 'store'>,
  pool: string,
  bytes: number,
): Promise<void> {
  const usage = await store(pool).usage()
  if (usage.freeBytes + usage.quarantinedBytes < bytes) throw tooFull(pool, bytes, usage)
}

function tooFull(
  pool: string,
  bytes: number,
  usage: { freeBytes: number; quarantinedBytes: number },
): AppError {
  const { freeBytes, quarantinedBytes } = usage
  return new AppError(
    'insufficient_capacity',
    `pool '${pool}' has ${freeBytes} bytes free and ${quarantinedBytes} in quarantine, ${bytes} are needed`,
    { details: { pool, neededBytes: bytes, freeBytes, quarantinedBytes } },
  )
}

/** Purges what was deleted longer ago than the retention; returns their names. */
export async function purgeExpired(deps: RoomDeps, pool: string, retentionMs: number): Promise<string[]> {
  const purged: string[] = []
  const until = deps.now() - retentionMs
  for await (const name of purgeInTurn(deps, pool, { until, why: 'by age' })) purged.push(name)
  return purged
}

interface Purging {
  /** Only what was deleted then or before; left out where everything may go. */
  until?: number
  why: string
}

/**
 * Purges one volume for each call, longest deleted first, and tells its name. The list is read once: what a purge frees
 * (the volume that the purged one stood on) takes its place in it.
 */
async function* purgeInTurn(
  deps: RoomDeps,
  pool: string,
  { until = Number.POSITIVE_INFINITY, why }: Purging,
): AsyncGenerator<string, undefined> {
  const { db } = deps.zone
  // The longest deleted is the last, where it is taken off without moving the others.
  const waiting = purgeableOf(db, pool).reverse()
  for (let oldest = waiting.pop(); oldest; oldest = waiting.pop()) {
    if (deletedAt(oldest) > until) return
    // Somebody may have brought it back, or purged it, since the list was read.
    const volume = findVolume(db, oldest.id)
    if (volume?.state !== 'quarantined' || isInHand(db, volume)) continue
    await purgeVolume(deps, volume, by(`volume.purge ${pool}/${volume.name} ${why}`))
    yield volume.name
    const freed = volume.parent === null ? undefined : purgeable(db, volume.parent)
    if (freed) insertByAge(waiting, freed)
  }
}

const deletedAt = (volume: Volume): number => volume.quarantinedAt ?? 0

function insertByAge(waiting: Volume[], volume: Volume): void {
  let [low, high] = [0, waiting.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (deletedAt(waiting[middle]!) > deletedAt(volume)) low = middle + 1
    else high = middle
  }
  waiting.splice(low, 0, volume)
}

/** The bytes first: a crash in between leaves a row without bytes, which the reconciler takes away. */
export async function purgeVolume(deps: RoomDeps, volume: Volume, info: CommitInfo): Promise<void> {
  await deps.store(volume.pool).purge(volume.name)
  await deps.zone.commit(info, [releaseVolume(volume)])
}
