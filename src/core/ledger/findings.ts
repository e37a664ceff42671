import type { Zone } from '../../zone/zone.ts'
import { createPace } from '../slices.ts'
import type { VolumeStore } from '../volumes.ts'
import { type Compared, compare } from './compare.ts'
import { ownerNameOf, volumesOf } from './record.ts'
import type { LedgerEntry } from './volume.ts'

export interface FindingsDeps {
  zone: Zone
  store(pool: string): VolumeStore
  now(): number
}

/** Looks at pools, and remembers since when something was found to be so. */
export class Findings {
  readonly #deps: FindingsDeps
  readonly #since = new Map<string, number>()

  constructor(deps: FindingsDeps) {
    this.#deps = deps
  }

  /**
   * The pool is read before the record: whoever makes a volume records it first, so what is seen on the pool and is not
   * in the record read later is nobody's.
   */
  async look(pool: string): Promise<LedgerEntry[]> {
    const store = this.#deps.store(pool)
    const stored = await store.list()
    const lines = compare(stored, await volumesOf(this.#deps.zone.db, pool))
    const sure = await Promise.all(lines.map((line) => this.#sure(store, line)))
    return this.#dated(pool, sure)
  }

  // What was made ready while the pool was being read would be taken for missing.
  async #sure(store: VolumeStore, line: Compared): Promise<Compared> {
    if (line.status !== 'missing' || line.stored || !(await store.exists(line.name))) return line
    return { ...line, status: 'owned' }
  }

  async #dated(pool: string, lines: readonly Compared[]): Promise<LedgerEntry[]> {
    const seen = new Set<string>()
    const entries: LedgerEntry[] = []
    const due = createPace()
    for (const line of lines) {
      await due()
      const key = `${pool}/${line.status}/${line.name}`
      seen.add(key)
      const known = this.#since.get(key) ?? this.#deps.now()
      this.#since.set(key, known)
      const recorded = line.status === 'quarantined' ? line.volume?.quarantinedAt : line.volume?.createdAt
      const since = line.status === 'missing' ? known : (recorded ?? known)
      const ownerName = line.volume ? ownerNameOf(this.#deps.zone.db, line.volume) : ''
      entries.push({ ...line, since, ownerName })
    }
    for (const key of this.#since.keys())
      if (key.startsWith(`${pool}/`) && !seen.has(key)) this.#since.delete(key)
    return entries
  }
}
