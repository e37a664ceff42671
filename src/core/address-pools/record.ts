import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Database } from '../../zone/zone.ts'
import { notFound } from '../errors.ts'
import { contains, parseIpv4 } from '../ipv4/ipv4.ts'
import type { AddressPoolSummary, AddressPoolView, Allocation, RangeType } from './address-pool.ts'
import { capacityOf, rangeView, spanOf } from './rules.ts'

/** Reads of the record that pools, ranges and the first start share. */

type PoolRow = typeof schema.addressPool.$inferSelect
type RangeRow = typeof schema.addressRange.$inferSelect

/** Throws `not_found`. */
export function readPool(db: Database, name: string): PoolRow {
  const pool = db.select().from(schema.addressPool).where(eq(schema.addressPool.name, name)).get()
  if (!pool) throw notFound('address pool', name)
  return pool
}

/**
 * Names of the address pools whose guests are on the LAN, because a compute pool with the network mode `plain` uses them:
 * they have no network of ours.
 */
export const lanPools = (db: Database): Set<string> =>
  new Set(
    db
      .select({ network: schema.computePool.network })
      .from(schema.computePool)
      .where(eq(schema.computePool.networkMode, 'plain'))
      .all()
      .flatMap(({ network }) => network ?? []),
  )

/** By start address, as people read them. */
export const rangesOf = (db: Database, pool: string): RangeRow[] =>
  db
    .select()
    .from(schema.addressRange)
    .where(eq(schema.addressRange.pool, pool))
    .all()
    .sort((a, b) => spanOf(a).first - spanOf(b).first)

export const internalRangesOf = (db: Database, pool: string): RangeRow[] =>
  rangesOf(db, pool).filter(({ type }) => type === 'internal')

export const rangeKey = (pool: string, type: RangeType, start: string) => `${pool}/${type}/${start}`

/** Throws `not_found`. */
export function readRange(db: Database, pool: string, type: RangeType, start: string): RangeRow {
  readPool(db, pool)
  const key = rangeKey(pool, type, start)
  const range = db.select().from(schema.addressRange).where(eq(schema.addressRange.key, key)).get()
  if (!range) throw notFound(`${type} range of address pool '${pool}' with the start`, start)
  return range
}

/** By address. */
export const allocationsOf = (db: Database, pool: string): Allocation[] =>
  db
    .select({ address: schema.address.address, type: schema.address.type, guest: schema.address.guest })
    .from(schema.address)
    .where(eq(schema.address.pool, pool))
    .all()
    .sort((a, b) => (parseIpv4(a.address) ?? 0) - (parseIpv4(b.address) ?? 0))

export const inRange = (allocations: readonly Allocation[], range: RangeRow) =>
  allocations.filter(
    ({ address, type }) => type === range.type && contains(spanOf(range), parseIpv4(address) ?? -1),
  )

export function summaryOf(db: Database, pool: PoolRow): AddressPoolSummary {
  const { name, gateway, dns, provider, version } = pool
  const capacity = rangesOf(db, name).reduce((sum, range) => sum + capacityOf(range), 0)
  return { name, gateway, dns, provider, capacity, allocatedCount: allocationsOf(db, name).length, version }
}

export const viewOf = (db: Database, pool: PoolRow): AddressPoolView => ({
  ...summaryOf(db, pool),
  network: pool.network,
  bridge: pool.bridge,
  ranges: rangesOf(db, pool.name).map(rangeView),
  allocated: allocationsOf(db, pool.name),
})

/** `10.0.0.5 (guest <id>), …`, at most five of them. */
export function nameAllocations(allocations: readonly Allocation[]): string {
  const named = allocations.slice(0, 5).map(({ address, guest }) => `${address} (guest ${guest})`)
  const more = allocations.length - named.length
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ')
}
