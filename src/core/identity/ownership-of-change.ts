import { and, eq } from 'drizzle-orm'
import * as cellSchema from '../../db/cell-schema.ts'
import * as schema from '../../db/schema.ts'
import type { Zone, ZoneEvent } from '../../zone/zone.ts'
import type { Ownership } from './permissions.ts'

type EventChange = ZoneEvent['changes'][number]
type Row = Record<string, unknown>

/**
 * Whose a changed row is, for a feed that shows people their own: guests and images say it, a snapshot is its guest's,
 * a token and a user are the user's. A deleted row is looked up in the journal. Undefined: nobody's in particular.
 */
export const createOwnershipOf =
  (zone: Zone) =>
  (change: EventChange): Ownership | undefined => {
    const row = change.after ?? rowBefore(zone, change)
    if (!row) return undefined
    if (change.table === 'snapshot') return ownerOfGuest(zone, String(row['guest']))
    if (change.table === 'token') return { owner: String(row['user']), group: '' }
    if (change.table === 'user') return { owner: String(row['name']), group: '' }
    const { owner, group, kind } = row
    if (typeof owner !== 'string' || typeof group !== 'string') return undefined
    return kind === 'disk' || kind === 'media' ? { owner, group, kind } : { owner, group }
  }

function rowBefore(zone: Zone, change: EventChange): Row | undefined {
  const { revision, table, key, after } = cellSchema.change
  if (change.before === null) return undefined
  const found = zone.db
    .select({ after })
    .from(cellSchema.change)
    .where(and(eq(revision, change.before), eq(table, change.table), eq(key, change.key)))
    .get()
  return found?.after ?? undefined
}

const ownerOfGuest = (zone: Zone, id: string): Ownership | undefined =>
  zone.db
    .select({ owner: schema.guest.owner, group: schema.guest.group })
    .from(schema.guest)
    .where(eq(schema.guest.id, id))
    .get()
