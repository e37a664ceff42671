import type { CommitInfo } from '../../zone/zone.ts'
import type { GuestDeps } from './deps.ts'
import type { Volume } from './guest.ts'
import { readVolume, update } from './record.ts'

/** Rows that fit into one commit beside a few others. */
const batchSize = 30

export function* batches<T>(rows: readonly T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += batchSize) yield rows.slice(from, from + batchSize)
}

type Deps = Pick<GuestDeps, 'zone' | 'store' | 'now'>

/**
 * Moves volumes into quarantine: the ledger first, then the bytes, so that a repeat after a crash finds what is left.
 * When a pool refuses, everything is brought back before the error goes on.
 */
export async function quarantineAll(deps: Deps, info: CommitInfo, ids: readonly string[]): Promise<void> {
  try {
    await mark(deps, info, ids, { state: 'quarantined', quarantinedAt: deps.now() })
    for (const id of ids) {
      const volume = readVolume(deps.zone, id)
      await deps.store(volume.pool).quarantine(volume.name)
    }
  } catch (error) {
    await bringBackAll(deps, info, ids)
    throw error
  }
}

export async function bringBackAll(deps: Deps, info: CommitInfo, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const volume = readVolume(deps.zone, id)
    await deps.store(volume.pool).undelete(volume.name)
  }
  await mark(deps, { ...info, action: `${info.action} undone` }, ids, { state: 'ready', quarantinedAt: null })
}

async function mark(
  deps: Deps,
  info: CommitInfo,
  ids: readonly string[],
  values: Partial<Volume>,
): Promise<void> {
  for (const batch of batches(ids)) {
    const stale = batch
      .map((id) => readVolume(deps.zone, id))
      .filter((volume) => volume.state !== values.state)
    if (stale.length > 0)
      await deps.zone.commit(
        info,
        stale.map((volume) => update('volume', volume, values)),
      )
  }
}
