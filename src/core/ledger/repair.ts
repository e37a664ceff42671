import { randomUUID } from 'node:crypto'
import type { CommitInfo, Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import { baseName, formatOf, isVolumeName } from '../volume-names.ts'
import type { VolumeStore } from '../volumes.ts'
import type { Findings } from './findings.ts'
import { dependantsOf, isInHand, volumeNamed } from './record.ts'
import { purgeExpired } from './room.ts'
import { type LedgerEntry, releaseVolume, type Volume } from './volume.ts'

export interface RepairDeps {
  zone: Zone
  store(pool: string): VolumeStore
  findings: Findings
  /** How long deleted volumes are kept, in milliseconds. */
  retentionMs(): number
  now(): number
}

/** What is found half done may be in the hands of something just begun; after so long it is not. */
export const graceMs = 3_600_000

export interface Repaired {
  repaired: string[]
  findings: string[]
}

/** One pass over a pool: puts right what only a crash can have left, purges by age, and tells the rest. */
export async function repairPool(deps: RepairDeps, pool: string): Promise<Repaired> {
  const repaired: string[] = []
  const entries = await deps.findings.look(pool)
  for (const entry of entries) {
    const words = await repairEntry(deps, pool, entry)
    if (words) repaired.push(`${pool}: ${words}`)
  }
  const purged = await purgeExpired(deps, pool, deps.retentionMs())
  repaired.push(...purged.map((name) => `${pool}: purged '${name}', whose time in quarantine was up`))
  const now = repaired.length === 0 ? entries : await deps.findings.look(pool)
  return { repaired, findings: now.flatMap((entry) => findingOf(pool, entry)) }
}

function findingOf(pool: string, { status, name, ownerName }: LedgerEntry): string[] {
  if (status === 'unowned') return [`${pool}: '${name}' belongs to nobody: adopt or quarantine it`]
  if (status === 'missing') return [`${pool}: '${name}' of '${ownerName}' is recorded but not there`]
  return []
}

/** In words what was done, or nothing. */
async function repairEntry(deps: RepairDeps, pool: string, entry: LedgerEntry): Promise<string | undefined> {
  const { volume, stored } = entry
  if (entry.status === 'partial') return removePartial(deps, pool, entry)
  if (volume?.state === 'creating') return removeUnfinished(deps, volume)
  if (entry.status !== 'quarantined') return undefined
  if (!volume) return recordQuarantined(deps, pool, entry)
  if (isInHand(deps.zone.db, volume)) return undefined
  if (stored && !stored.quarantined) return hideAgain(deps, volume)
  return stored ? undefined : forget(deps, volume)
}

async function removePartial(deps: RepairDeps, pool: string, { name, stored }: LedgerEntry) {
  if (!stored || stored.modifiedAt + graceMs > deps.now() || !isVolumeName(baseName(stored))) return undefined
  const volume = volumeNamed(deps.zone.db, pool, baseName(stored))
  if (volume && isInHand(deps.zone.db, volume)) return undefined
  await deps.store(pool).remove(name)
  return `removed '${name}', left half made`
}

async function removeUnfinished(deps: RepairDeps, volume: Volume) {
  const { db } = deps.zone
  if (volume.createdAt + graceMs > deps.now() || isInHand(db, volume)) return undefined
  if (dependantsOf(db, volume.id, { deletedToo: true }).length > 0) return undefined
  await deps.store(volume.pool).remove(volume.name)
  await release(deps, volume, 'unfinished')
  return `removed '${volume.name}', which nothing finishes any more`
}

// The record says deleted: a move that a crash cut is done again.
async function hideAgain(deps: RepairDeps, volume: Volume) {
  if ((volume.quarantinedAt ?? 0) + graceMs > deps.now()) return undefined
  await deps.store(volume.pool).quarantine(volume.name)
  return `moved '${volume.name}' into quarantine, where the record has it`
}

async function forget(deps: RepairDeps, volume: Volume) {
  if (dependantsOf(deps.zone.db, volume.id, { deletedToo: true }).length > 0) return undefined
  await release(deps, volume, 'purged')
  return `forgot '${volume.name}', which was deleted and is gone`
}

async function recordQuarantined(deps: RepairDeps, pool: string, { name, stored }: LedgerEntry) {
  if (!stored || !isVolumeName(name)) return undefined
  const id = randomUUID()
  const row = { id, pool, name, kind: 'disk' as const, ownerKind: 'none' as const, owner: '', parent: null }
  const figures = { format: formatOf(name), sizeBytes: stored.sizeBytes, createdAt: stored.modifiedAt }
  const after = {
    ...row,
    ...figures,
    state: 'quarantined' as const,
    hidden: false,
    quarantinedAt: deps.now(),
  }
  await deps.zone.commit(by(`volume.record ${pool}/${name}`), [
    { table: 'volume', key: id, before: null, after },
  ])
  return `recorded '${name}', found in quarantine`
}

async function release(deps: RepairDeps, volume: Volume, why: string): Promise<void> {
  try {
    await deps.zone.commit(by(`volume.forget ${volume.pool}/${volume.name} ${why}`), [releaseVolume(volume)])
  } catch (error) {
    // Somebody took it up meanwhile; the next pass looks again.
    if (!(error instanceof AppError && error.code === 'conflict')) throw error
  }
}

const by = (action: string): CommitInfo => ({ who: 'system', requestId: 'volumes', action })
