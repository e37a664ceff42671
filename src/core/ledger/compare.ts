import { baseName } from '../volume-names.ts'
import type { StoredVolume } from '../volumes.ts'
import type { LedgerStatus, Volume } from './volume.ts'

/** One line of the comparison of what lies on a pool with what is recorded. */
export interface Compared {
  name: string
  status: LedgerStatus
  volume: Volume | null
  stored: StoredVolume | null
}

/** Every volume of the pool once, by name: what is there, what is recorded, and how that fits. */
export function compare(stored: readonly StoredVolume[], volumes: readonly Volume[]): Compared[] {
  const recorded = new Map(volumes.map((volume) => [volume.name, volume]))
  const lines = stored.map((one) => lineOf(one, recorded.get(baseName(one)) ?? null))
  const told = new Set(lines.filter((line) => line.volume).map((line) => line.volume!.name))
  const absent = volumes
    .filter((volume) => !told.has(volume.name))
    .map((volume) => ({ name: volume.name, status: absentStatus(volume), volume, stored: null }))
  return [...lines, ...absent].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function lineOf(stored: StoredVolume, volume: Volume | null): Compared {
  const line = { name: stored.name, volume, stored }
  if (stored.partial) return { ...line, volume: null, status: 'partial' }
  if (!volume) return { ...line, status: stored.quarantined ? 'quarantined' : 'unowned' }
  if (volume.state === 'ready') return { ...line, status: stored.quarantined ? 'missing' : 'owned' }
  return { ...line, status: volume.state }
}

// A quarantined one without bytes is no loss: its row is about to go.
const absentStatus = (volume: Volume): LedgerStatus => (volume.state === 'ready' ? 'missing' : volume.state)
