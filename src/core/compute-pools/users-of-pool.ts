// Guests that stand on what a compute pool names, and so keep it from changing.
import { and, asc, eq, isNotNull, or } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Database } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import type { ComputePool } from './compute-pool.ts'

const mostNamed = 3

/** `'manager.a', 'manager.b', 'manager.c' and 4 more`. */
export function nameGuests(guests: readonly { name: string; group: string }[]): string {
  const named = guests.slice(0, mostNamed).map(({ name, group }) => `'${group}.${name}'`)
  const more = guests.length - named.length
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ')
}

const shown = { name: schema.guest.name, group: schema.guest.group }

/** Throws `conflict` while guests of the pool hold addresses, or are plugged into the bridge of the LAN. */
export function checkNetworkLeft(
  db: Database,
  pool: Pick<ComputePool, 'name' | 'networkMode'>,
  field: 'network' | 'network_mode',
): void {
  const { guest } = schema
  const connected =
    pool.networkMode === 'plain' ? undefined : or(isNotNull(guest.address), isNotNull(guest.externalAddress))
  const guests = db
    .select(shown)
    .from(guest)
    .where(and(eq(guest.pool, pool.name), connected))
    .orderBy(asc(guest.group), asc(guest.name))
    .all()
  if (guests.length === 0) return
  throw new AppError(
    'conflict',
    `${field} of compute pool '${pool.name}' cannot change while guests of it are connected by it: ${nameGuests(guests)}`,
    { field, details: { guests: guests.length } },
  )
}

/** Throws `conflict` while guests of the pool have volumes on its storage. */
export function checkStorageLeft(db: Database, pool: { name: string; storage: string }): void {
  const { guest, volume } = schema
  const guests = db
    .selectDistinct(shown)
    .from(volume)
    .innerJoin(guest, and(eq(volume.ownerKind, 'guest'), eq(volume.owner, guest.id)))
    .where(and(eq(guest.pool, pool.name), eq(volume.pool, pool.storage)))
    .orderBy(asc(guest.group), asc(guest.name))
    .all()
  if (guests.length === 0) return
  throw new AppError(
    'conflict',
    `storage of compute pool '${pool.name}' cannot change while guests of it have disks on '${pool.storage}': ` +
      nameGuests(guests),
    { field: 'storage', details: { guests: guests.length } },
  )
}

/** Throws `conflict` while guests on the LAN live on the cell. */
export function checkBridgeLeft(db: Database, cell: string): void {
  const { computePool, guest } = schema
  const guests = db
    .select(shown)
    .from(guest)
    .innerJoin(computePool, and(eq(computePool.name, guest.pool), eq(computePool.networkMode, 'plain')))
    .where(eq(guest.cell, cell))
    .orderBy(asc(guest.group), asc(guest.name))
    .all()
  if (guests.length === 0) return
  throw new AppError(
    'conflict',
    `the bridge of cell '${cell}' connects guests to the LAN and cannot be taken away: ${nameGuests(guests)}`,
    { field: 'bridge', details: { guests: guests.length } },
  )
}
