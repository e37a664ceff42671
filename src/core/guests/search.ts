import { and, asc, eq, inArray, or, type SQL, sql } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import type { OperationContext } from '../context.ts'
import { may } from '../identity/permissions.ts'
import type { GuestDeps } from './deps.ts'
import type { Guest } from './guest.ts'

export interface GuestFilter {
  pool?: string
  cell?: string
  owner?: string
  group?: string
  created?: boolean
  running?: boolean
  /** Part of a name, an address or an id. */
  keyword?: string
  limit: number
  offset: number
}

/** Has every column that a search looks at, in the order of its answer: ten thousand wide rows need not be read. */
const index = sql.raw('"guest_by_group_name_name"')

/** One page of the guests that the caller may see, by full name, and how many there are. */
export function searchGuests(
  deps: Pick<GuestDeps, 'zone' | 'live'>,
  op: OperationContext,
  filter: GuestFilter,
): { guests: Guest[]; total: number } {
  const { guest } = schema
  const where = and(...conditions(deps, op, filter)) ?? sql`true`
  const found: Found = {
    from: sql`from ${guest} indexed by ${index} where ${where}`,
    order: sql`order by ${guest.group}, ${guest.name}`,
  }
  const { total, ids } = (filter.keyword ? matchingPage : plainPage)(deps.zone, found, filter)
  const among = sql`${guest.id} in (select value from json_each(${JSON.stringify(ids)}))`
  const page = deps.zone.db.select().from(guest).where(among)
  return { guests: page.orderBy(asc(guest.group), asc(guest.name)).all(), total }
}

interface Found {
  from: SQL
  order: SQL
}

type Page = Pick<GuestFilter, 'limit' | 'offset'>

/** Counting is cheap, so only the ids of the page leave the database. */
function plainPage({ db }: Zone, { from, order }: Found, { limit, offset }: Page) {
  const { total } = db.get<{ total: number }>(sql`select count(*) as total ${from}`)
  const rows = db.values<[string]>(
    sql`select ${schema.guest.id} ${from} ${order} limit ${limit} offset ${offset}`,
  )
  return { total, ids: rows.map(([id]) => id) }
}

/** A keyword is compared with every guest: once, and not a second time to count. */
function matchingPage({ db }: Zone, { from, order }: Found, { limit, offset }: Page) {
  const rows = db.values<[string]>(sql`select ${schema.guest.id} ${from} ${order}`)
  return { total: rows.length, ids: rows.slice(offset, offset + limit).map(([id]) => id) }
}

function conditions(
  deps: Pick<GuestDeps, 'live'>,
  op: OperationContext,
  filter: GuestFilter,
): (SQL | undefined)[] {
  const { guest } = schema
  return [
    visible(op),
    filter.pool === undefined ? undefined : eq(guest.pool, filter.pool),
    filter.cell === undefined ? undefined : eq(guest.cell, filter.cell),
    // The original's filter: owner or group.
    filter.owner !== undefined && filter.group !== undefined
      ? or(eq(guest.owner, filter.owner), eq(guest.group, filter.group))
      : filter.owner !== undefined
        ? eq(guest.owner, filter.owner)
        : filter.group !== undefined
          ? eq(guest.group, filter.group)
          : undefined,
    filter.created === undefined
      ? undefined
      : eq(sql`${guest.state} <> 'creating'`, sql`${filter.created ? 1 : 0}`),
    filter.running === undefined ? undefined : runs(deps, filter.running),
    filter.keyword ? matches(filter.keyword) : undefined,
  ]
}

/** Ids from memory go in as one JSON value: a list of parameters has a limit, and a cell may run many guests. */
function runs(deps: Pick<GuestDeps, 'live'>, running: boolean): SQL {
  const ids = JSON.stringify(deps.live.runningIds())
  const among = sql`${schema.guest.id} in (select value from json_each(${ids}))`
  return running ? among : sql`not ${among}`
}

/** All in one text, parted by what no keyword holds: one comparison for each guest. */
function matches(keyword: string): SQL {
  const pattern = `%${keyword.replace(/[\\%_]/g, (c) => `\\${c}`)}%`
  const { group, name, address, id } = schema.guest
  const text = sql`${group} || '.' || ${name} || char(10) || ifnull(${address}, '') || char(10) || ${id}`
  return sql`${text} like ${pattern} escape '\\'`
}

const visible = (op: OperationContext): SQL | undefined =>
  may(op.who, 'guest.read')
    ? undefined
    : or(eq(schema.guest.owner, op.who.name), inArray(schema.guest.group, [...op.who.groups]))
