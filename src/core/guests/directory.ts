import { asc } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone, ZoneEvent } from '../../zone/zone.ts'
import type { Guest } from './guest.ts'

/** What a search looks at; some hundred bytes for each guest. */
export interface DirectoryEntry
  extends Pick<Guest, 'id' | 'group' | 'name' | 'owner' | 'pool' | 'cell' | 'tags'>,
    Figures {
  created: boolean
  /** Full name, addresses, id and tags in small letters, parted by what no keyword holds. */
  text: string
}

type Figures = Pick<Guest, 'cores' | 'memoryBytes' | 'createdAt' | 'address'>

type Place = Pick<Guest, 'group' | 'name'>
type Row = Place & Figures & Pick<Guest, 'id' | 'owner' | 'pool' | 'cell' | 'state' | 'mac' | 'tags'>

/** More changes than this since the last search are not worked in one by one: all is read anew. */
const mostChanges = 1000

/**
 * All guests by group and name, as SQLite orders them, kept in memory from the first search on and equal to the record by
 * its change feed: comparing a keyword with every row of the database takes many times longer.
 */
export class GuestDirectory {
  readonly #zone: Zone
  #entries: DirectoryEntry[] | undefined
  readonly #byId = new Map<string, DirectoryEntry>()
  /** Rows of guests that were changed since, null where they are gone. */
  readonly #changed = new Map<string, Row | null>()

  constructor(zone: Zone) {
    this.#zone = zone
    zone.subscribe((event) => this.#note(event))
  }

  /** In order. Never changed afterwards by the caller. */
  entries(): readonly DirectoryEntry[] {
    if (!this.#entries || this.#changed.size > mostChanges) return this.#read()
    for (const [id, row] of this.#changed) this.#replace(this.#entries, id, row)
    this.#changed.clear()
    return this.#entries
  }

  /** Index of the first one behind a place, whether one stands there or not. */
  firstAfter(place: Place): number {
    const entries = this.entries()
    const index = lowerBound(entries, place)
    const found = entries[index]
    return found && compare(found, place) === 0 ? index + 1 : index
  }

  #read(): DirectoryEntry[] {
    const { id, group, name, owner, pool, cell, state, address, mac, tags } = schema.guest
    const { cores, memoryBytes, createdAt } = schema.guest
    const columns = {
      id,
      group,
      name,
      owner,
      pool,
      cell,
      state,
      address,
      mac,
      tags,
      cores,
      memoryBytes,
      createdAt,
    }
    const rows = this.#zone.db.select(columns).from(schema.guest).orderBy(asc(group), asc(name)).all()
    const words = new Map<string, string>()
    this.#changed.clear()
    this.#byId.clear()
    this.#entries = rows.map((row) => entryOf(row, words))
    for (const entry of this.#entries) this.#byId.set(entry.id, entry)
    return this.#entries
  }

  #note({ changes }: ZoneEvent): void {
    // Before the first search there is nothing to keep equal.
    if (!this.#entries) return
    for (const { table, key, after } of changes)
      if (table === 'guest') this.#changed.set(key, after as Row | null)
  }

  #replace(entries: DirectoryEntry[], id: string, row: Row | null): void {
    const old = this.#byId.get(id)
    if (old) entries.splice(lowerBound(entries, old), 1)
    this.#byId.delete(id)
    if (!row) return
    const entry = entryOf(row, new Map())
    entries.splice(lowerBound(entries, entry), 0, entry)
    this.#byId.set(id, entry)
  }
}

/** `words` holds one copy of what many guests share. */
function entryOf(row: Row, words: Map<string, string>): DirectoryEntry {
  const shared = (text: string) => {
    const known = words.get(text)
    if (known === undefined) words.set(text, text)
    return known ?? text
  }
  const { id, group, name, owner, pool, cell, state, address, mac, tags, cores, memoryBytes, createdAt } = row
  return {
    ...{ id, name, group: shared(group), owner: shared(owner), pool: shared(pool), cell: shared(cell) },
    ...{ cores, memoryBytes, createdAt, address, tags: tags.map(shared) },
    created: state !== 'creating',
    text: `${group}.${name}\n${address ?? ''}\n${mac}\n${[id, ...tags].join('\n')}`.toLowerCase(),
  }
}

/** Group and name are unique together, so a place is found again. */
function lowerBound(entries: readonly Place[], place: Place): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(entries[middle]!, place) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** As SQLite compares text: by the bytes of UTF-8. */
const compare = (a: Place, b: Place): number => compareText(a.group, b.group) || compareText(a.name, b.name)

const compareText = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
