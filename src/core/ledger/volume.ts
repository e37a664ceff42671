import type * as schema from '../../db/schema.ts'
import type { Change } from '../../zone/zone.ts'
import type { StoredVolume } from '../volumes.ts'

export type Volume = typeof schema.volume.$inferSelect
export type NewVolume = Omit<Volume, 'version'>

/**
 * `owned`: recorded and there. `creating`: a task or an upload makes it. `unowned`: there without a record. `missing`:
 * recorded and not there. `quarantined`: deleted, can be brought back. `partial`: what a crash left half made.
 */
export type LedgerStatus = 'owned' | 'creating' | 'unowned' | 'missing' | 'quarantined' | 'partial'

export interface LedgerEntry {
  name: string
  status: LedgerStatus
  /** Milliseconds since 1970; of what nobody recorded: since this run of the appliance first saw it so. */
  since: number
  volume: Volume | null
  stored: StoredVolume | null
  /** Name of the guest or image that it belongs to; empty when that has gone. */
  ownerName: string
}

export interface VolumeOrigin {
  id: string
  pool: string
  name: string
  kind: Volume['kind']
  ownerKind: Volume['ownerKind']
  owner: string
  format: Volume['format']
  sizeBytes: number
  parent?: string | null
  createdAt: number
}

/** The claim on a name of the pool, before anything is made there. */
export const claimVolume = (origin: VolumeOrigin): Change<'volume'> => ({
  table: 'volume',
  key: origin.id,
  before: null,
  after: { ...origin, parent: origin.parent ?? null, state: 'creating', hidden: false, quarantinedAt: null },
})

/** A change of a row that was read, guarded by its version. */
export function changeVolume(volume: Volume, values: Partial<NewVolume>): Change<'volume'> {
  const { version, ...rest } = volume
  return { table: 'volume', key: volume.id, before: version, after: { ...rest, ...values } }
}

export const readyVolume = (volume: Volume, values: Partial<NewVolume> = {}): Change<'volume'> =>
  changeVolume(volume, { state: 'ready', quarantinedAt: null, ...values })

export const quarantinedVolume = (volume: Volume, now: number): Change<'volume'> =>
  changeVolume(volume, { state: 'quarantined', quarantinedAt: volume.quarantinedAt ?? now })

/** The row goes: its bytes are gone or were never made. */
export const releaseVolume = (volume: Pick<Volume, 'id' | 'version'>): Change<'volume'> => ({
  table: 'volume',
  key: volume.id,
  before: volume.version,
  after: null,
})
