import { and, asc, eq, gt, inArray, ne, or, sql } from 'drizzle-orm'
import * as cellSchema from '../../db/cell-schema.ts'
import * as schema from '../../db/schema.ts'
import type { Database } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import { inSlices } from '../slices.ts'
import type { Volume } from './volume.ts'

/** Reads of the record that the ledger's parts share. */

export const findVolume = (db: Database, id: string): Volume | undefined =>
  db.select().from(schema.volume).where(eq(schema.volume.id, id)).get()

export const volumeNamed = (db: Database, pool: string, name: string): Volume | undefined =>
  db
    .select()
    .from(schema.volume)
    .where(and(eq(schema.volume.pool, pool), eq(schema.volume.name, name)))
    .get()

/** By name, which is unique on a pool. What is committed while this reads may be in it or not. */
export async function volumesOf(db: Database, pool: string): Promise<Volume[]> {
  const { volume } = schema
  const read = (after: string, limit: number) =>
    db
      .select()
      .from(volume)
      .where(and(eq(volume.pool, pool), gt(volume.name, after)))
      .orderBy(asc(volume.name))
      .limit(limit)
      .all()
  const volumes: Volume[] = []
  for await (const page of inSlices(({ name }) => name, read)) volumes.push(...page)
  return volumes
}

const nothingStandsOnIt = sql`not exists (select 1 from volume child where child.parent = ${schema.volume.id})`

/** Quarantined ones on which nothing stands any more, longest deleted first. */
export const purgeableOf = (db: Database, pool: string): Volume[] =>
  db
    .select()
    .from(schema.volume)
    .where(and(eq(schema.volume.pool, pool), eq(schema.volume.state, 'quarantined'), nothingStandsOnIt))
    .orderBy(asc(schema.volume.quarantinedAt))
    .all()

/** The volume if it is quarantined and nothing stands on it any more. */
export const purgeable = (db: Database, id: string): Volume | undefined =>
  db
    .select()
    .from(schema.volume)
    .where(and(eq(schema.volume.id, id), eq(schema.volume.state, 'quarantined'), nothingStandsOnIt))
    .get()

const childrenOf = (db: Database, id: string, alive: boolean): Volume[] =>
  db
    .select()
    .from(schema.volume)
    .where(and(eq(schema.volume.parent, id), alive ? ne(schema.volume.state, 'quarantined') : undefined))
    .limit(6)
    .all()

/** Name of the guest or image that a volume belongs to; empty when that has gone. */
export function ownerNameOf(db: Database, volume: Pick<Volume, 'ownerKind' | 'owner'>): string {
  const { guest, image, snapshot } = schema
  if (volume.ownerKind === 'none') return ''
  if (volume.ownerKind === 'snapshot') {
    const row = db.select({ name: snapshot.name }).from(snapshot).where(eq(snapshot.id, volume.owner)).get()
    return row?.name ?? ''
  }
  const table = { guest, image }[volume.ownerKind]
  const columns = { group: table.group, name: table.name }
  const row = db.select(columns).from(table).where(eq(table.id, volume.owner)).get()
  return row ? `${row.group}.${row.name}` : ''
}

/** In words what stands on a volume, e.g. `guest default.web1`; the deleted ones only when asked for. */
export function dependantsOf(db: Database, id: string, options: { deletedToo: boolean }): string[] {
  const names = childrenOf(db, id, !options.deletedToo).map((child) => {
    const owner = ownerNameOf(db, child)
    return owner === '' ? `volume '${child.name}'` : `${child.ownerKind} '${owner}'`
  })
  return [...new Set(names)]
}

/** Throws `conflict` naming what is built on the volume: it cannot go under them. */
export function requireNoDependants(db: Database, volume: Volume, what: string): void {
  const dependants = dependantsOf(db, volume.id, { deletedToo: false })
  if (dependants.length === 0) return
  throw new AppError('conflict', `${what} is what ${nameAll(dependants)} stands on: delete that first`, {
    details: { dependants },
  })
}

/** At most five, and that there are more. */
export const nameAll = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ' and more' : '')

/**
 * Whether a task or an upload still has to do with a volume. Ids are chosen before the first effect, so a task that may
 * make, undo or bring back a volume names it or its owner in its parameters.
 */
export function isInHand(db: Database, volume: Pick<Volume, 'id' | 'owner'>): boolean {
  const { task, upload } = cellSchema
  const uploads = db.select({ id: upload.id }).from(upload).where(eq(upload.volume, volume.id)).limit(1).get()
  if (uploads) return true
  const names = [volume.id, volume.owner].filter((id) => id !== '')
  const live = db
    .select({ id: task.id })
    .from(task)
    .where(
      and(
        inArray(task.state, ['queued', 'running', 'unwinding', 'stuck']),
        or(...names.map((name) => sql`instr(${task.params}, ${name}) > 0`)),
      ),
    )
    .limit(1)
    .get()
  return live !== undefined
}
