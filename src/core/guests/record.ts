import { and, eq, inArray } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Change, Zone } from '../../zone/zone.ts'
import { AppError, notFound } from '../errors.ts'
import type { Guest, Volume } from './guest.ts'

/** Reads of the record that the guest's services and tasks share. */

export const findGuest = (zone: Zone, id: string): Guest | undefined =>
  zone.db.select().from(schema.guest).where(eq(schema.guest.id, id)).get()

/** Throws `not_found`. */
export function readGuest(zone: Zone, id: string): Guest {
  const guest = findGuest(zone, id)
  if (!guest) throw notFound('guest', id)
  return guest
}

/** Throws `not_found`, or `conflict` while it is being made or deleted. */
export function readReadyGuest(zone: Zone, id: string): Guest {
  const guest = readGuest(zone, id)
  if (guest.state === 'creating')
    throw new AppError('conflict', `guest '${guest.name}' is still being created`)
  if (guest.state === 'resetting')
    throw new AppError('conflict', `the system of guest '${guest.name}' is being reset`)
  if (guest.state === 'deleting') throw new AppError('conflict', `guest '${guest.name}' is being deleted`)
  return guest
}

export const findVolume = (zone: Zone, id: string): Volume | undefined =>
  zone.db.select().from(schema.volume).where(eq(schema.volume.id, id)).get()

export function readVolume(zone: Zone, id: string): Volume {
  const volume = findVolume(zone, id)
  if (!volume) throw notFound('volume', id)
  return volume
}

/** Every volume that belongs to the guest: disks with all their layers, seed, NVRAM, memory. */
export const guestVolumes = (zone: Zone, guestId: string): Volume[] =>
  zone.db
    .select()
    .from(schema.volume)
    .where(and(eq(schema.volume.ownerKind, 'guest'), eq(schema.volume.owner, guestId)))
    .all()

export const childrenOf = (zone: Zone, volumeIds: readonly string[]): Volume[] =>
  zone.db
    .select()
    .from(schema.volume)
    .where(inArray(schema.volume.parent, [...volumeIds]))
    .all()

/** The change that gives a row new values, guarded by the version that was read. */
export function update<T extends 'guest' | 'volume' | 'snapshot' | 'image'>(
  table: T,
  row: { id: string; version: number },
  values: Record<string, unknown>,
): Change {
  const { version, ...rest } = row
  return { table, key: row.id, before: version, after: { ...rest, ...values } as Change['after'] }
}

export const remove = (table: Change['table'], key: string, version: number): Change => ({
  table,
  key,
  before: version,
  after: null,
})
