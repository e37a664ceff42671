import type { CommitInfo, Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import type { VolumeStore } from '../volumes.ts'
import { isInHand, purgeableOf } from './record.ts'
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
  if (usage.freeBytes + usage.quarantinedBytes < bytes) throw tooFull(pool, bytes, usage)
  for (;;) {
    const oldest = purgeableOf(deps.zone.db, pool).find((volume) => !isInHand(deps.zone.db, volume))
    if (!oldest) throw tooFull(pool, bytes, await deps.store(pool).usage())
    await purgeVolume(deps, oldest, by(`volume.purge ${pool}/${oldest.name} for room`))
    if ((await deps.store(pool).usage()).freeBytes >= bytes) return
  }
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
  for (;;) {
    const oldest = purgeableOf(deps.zone.db, pool).find(
      (volume) => (volume.quarantinedAt ?? 0) + retentionMs <= deps.now() && !isInHand(deps.zone.db, volume),
    )
    if (!oldest) return purged
    await purgeVolume(deps, oldest, by(`volume.purge ${pool}/${oldest.name} by age`))
    purged.push(oldest.name)
  }
}

/** The bytes first: a crash in between leaves a row without bytes, which the reconciler takes away. */
export async function purgeVolume(deps: RoomDeps, volume: Volume, info: CommitInfo): Promise<void> {
  await deps.store(volume.pool).purge(volume.name)
  await deps.zone.commit(info, [releaseVolume(volume)])
}
