import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { ZoneTableName } from '../../zone/tables.ts'
import type { Zone, ZoneEvent } from '../../zone/zone.ts'
import type { Principal } from '../context.ts'
import { may, type Ownership, type Permission } from './permissions.ts'

type EventChange = ZoneEvent['changes'][number]
type Row = Record<string, unknown>

const readPermission = {
  setting: 'setting.read',
  role: 'identity.read',
  userGroup: 'identity.read',
  user: 'identity.read',
  membership: 'identity.read',
  token: 'identity.read',
  computePool: 'compute.read',
  cell: 'compute.read',
  storagePool: 'storage.read',
  addressPool: 'network.read',
  addressRange: 'network.read',
  address: 'network.read',
  image: 'image.read',
  guest: 'guest.read',
  snapshot: 'guest.read',
  volume: 'storage.read',
  logEntry: 'log.read',
} as const satisfies Record<ZoneTableName, Permission>

/** Which changes of the feed a principal may see: what it could also read, with what it owns or its groups do. */
export function createVisibility(zone: Zone): (who: Principal, change: EventChange) => boolean {
  return (who, change) => {
    const permission = readPermission[change.table]
    if (may(who, permission)) return true
    if (!who.permissions.has(`${permission}.own`) && change.table !== 'token' && change.table !== 'user')
      return false
    const row = change.after ?? rowBefore(zone, change)
    if (!row) return false
    if (change.table === 'token') return row['user'] === who.name
    if (change.table === 'user') return row['name'] === who.name
    const owner = ownershipOf(zone, change.table, row)
    return owner !== undefined && may(who, permission, owner)
  }
}

/** A deleted row as it was, from the journal. */
function rowBefore(zone: Zone, change: EventChange): Row | undefined {
  const { revision, table, key, after } = schema.change
  if (change.before === null) return undefined
  const found = zone.db
    .select({ after })
    .from(schema.change)
    .where(and(eq(revision, change.before), eq(table, change.table), eq(key, change.key)))
    .get()
  return found?.after ?? undefined
}

function ownershipOf(zone: Zone, table: ZoneTableName, row: Row): Ownership | undefined {
  if (table !== 'snapshot') return { owner: String(row['owner']), group: String(row['group']) }
  const { owner, group } = schema.guest
  return zone.db
    .select({ owner, group })
    .from(schema.guest)
    .where(eq(schema.guest.id, String(row['guest'])))
    .get()
}
