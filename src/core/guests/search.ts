import { and, asc, count, eq, inArray, or, type SQL, sql } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
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

/** One page of the guests that the caller may see, by full name, and how many there are. */
export function searchGuests(
  deps: Pick<GuestDeps, 'zone' | 'live'>,
  op: OperationContext,
  filter: GuestFilter,
): { guests: Guest[]; total: number } {
  const { db } = deps.zone
  const where = and(...conditions(deps, op, filter))
  const total = db.select({ n: count() }).from(schema.guest).where(where).get()?.n ?? 0
  const guests = db
    .select()
    .from(schema.guest)
    .where(where)
    .orderBy(asc(schema.guest.group), asc(schema.guest.name))
    .limit(filter.limit)
    .offset(filter.offset)
    .all()
  return { guests, total }
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

function matches(keyword: string): SQL | undefined {
  const pattern = `%${keyword.replace(/[\\%_]/g, (c) => `\\${c}`)}%`
  const contains = (column: SQL) => sql`${column} like ${pattern} escape '\\'`
  const { guest } = schema
  return or(
    contains(sql`${guest.group} || '.' || ${guest.name}`),
    contains(sql`${guest.address}`),
    contains(sql`${guest.id}`),
  )
}

const visible = (op: OperationContext): SQL | undefined =>
  may(op.who, 'guest.read')
    ? undefined
    : or(eq(schema.guest.owner, op.who.name), inArray(schema.guest.group, [...op.who.groups]))
