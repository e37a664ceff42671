import { asc, sql } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import type { OperationContext } from '../context.ts'
import { groupsSharing, may } from '../identity/permissions.ts'
import type { GuestDeps } from './deps.ts'
import { type DirectoryEntry, GuestDirectory } from './directory.ts'
import type { Guest } from './guest.ts'

export interface GuestFilter {
  pool?: string
  cell?: string
  owner?: string
  group?: string
  created?: boolean
  running?: boolean
  /** All of them. */
  tags?: readonly string[]
  /** Part of a name, an address (also of the card), an id or a tag. */
  keyword?: string
  /** Only what comes after it in the order of the answer. */
  after?: { group: string; name: string }
  limit: number
  offset: number
}

export type Matches = (entry: DirectoryEntry) => boolean

export function holdsAll(matches: readonly Matches[], entry: DirectoryEntry): boolean {
  for (const holds of matches) if (!holds(entry)) return false
  return true
}

/** One page of the guests that the caller may see, by full name, and how many there are. */
export function searchGuests(
  deps: Pick<GuestDeps, 'zone' | 'live'>,
  op: OperationContext,
  filter: GuestFilter,
): { guests: Guest[]; total: number } {
  const { directory, rows } = readingOf(deps.zone)
  const matches = conditions(deps, op, filter)
  const entries = directory.entries()
  const [first, end] = [filter.offset, filter.offset + filter.limit]
  const ids: string[] = []
  let total = 0
  for (let at = filter.after ? directory.firstAfter(filter.after) : 0; at < entries.length; at++) {
    const entry = entries[at]!
    if (!holdsAll(matches, entry)) continue
    if (total >= first && total < end) ids.push(entry.id)
    total += 1
  }
  return { guests: ids.length > 0 ? rows(JSON.stringify(ids)) : [], total }
}

interface Reading {
  directory: GuestDirectory
  /** Rows by a JSON list of ids: a list of parameters has a limit. Prepared: its text would be made anew each time. */
  rows(ids: string): Guest[]
}

/** One for each record, made by its first search. */
const readings = new WeakMap<Zone, Reading>()

/** The guests of a record in memory, and their rows. */
export function readingOf(zone: Zone): Reading {
  const known = readings.get(zone)
  if (known) return known
  const { guest } = schema
  const among = sql`${guest.id} in (select value from json_each(${sql.placeholder('ids')}))`
  const select = zone.db.select().from(guest).where(among).orderBy(asc(guest.group), asc(guest.name))
  const statement = select.prepare()
  const made = { directory: new GuestDirectory(zone), rows: (ids: string) => statement.all({ ids }) }
  readings.set(zone, made)
  return made
}

/** The cheap ones first; none for what was not asked. What the caller may not see never matches. */
export function conditions(
  deps: Pick<GuestDeps, 'live'>,
  op: OperationContext,
  filter: Omit<GuestFilter, 'limit' | 'offset'>,
): Matches[] {
  const { pool, cell, created, running, tags = [], keyword } = filter
  const all: Matches[] = [...visible(op), ...belongs(filter)]
  if (pool !== undefined) all.push((entry) => entry.pool === pool)
  if (cell !== undefined) all.push((entry) => entry.cell === cell)
  if (created !== undefined) all.push((entry) => entry.created === created)
  if (tags.length > 0) all.push((entry) => tags.every((tag) => entry.tags.includes(tag)))
  if (running !== undefined) {
    const ids = new Set(deps.live.runningIds())
    all.push(({ id }) => ids.has(id) === running)
  }
  if (keyword) {
    const wanted = keyword.toLowerCase()
    all.push(({ text }) => text.includes(wanted))
  }
  return all
}

/** The original's filter: owner or group. */
function belongs({ owner, group }: Pick<GuestFilter, 'owner' | 'group'>): Matches[] {
  if (owner === undefined && group === undefined) return []
  return [(entry) => entry.owner === owner || entry.group === group]
}

function visible({ who }: OperationContext): Matches[] {
  if (may(who, 'guest.read')) return []
  const groups = new Set(groupsSharing(who, 'guest'))
  return [({ owner, group }) => owner === who.name || groups.has(group)]
}
