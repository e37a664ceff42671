import type { Principal } from '../core/context.ts'
import { may, mayAny, type Ownership, type Permission } from '../core/identity/permissions.ts'
import type { ZoneEvent } from '../zone/zone.ts'

type RowChange = ZoneEvent['changes'][number]

export type OwnershipOf = (change: RowChange) => Ownership | undefined

/** What one must be permitted to read to hear of a change in each table. */
const readers: Record<RowChange['table'], Permission> = {
  setting: 'setting.read',
  role: 'identity.read',
  userGroup: 'identity.read',
  user: 'identity.read',
  membership: 'identity.read',
  token: 'identity.read',
  computePool: 'compute.read',
  cell: 'compute.read',
  storagePool: 'storage.read',
  volume: 'storage.read',
  lunClaim: 'storage.read',
  addressPool: 'network.read',
  addressRange: 'network.read',
  address: 'network.read',
  image: 'image.read',
  guest: 'guest.read',
  securityPolicyGroup: 'policy.read',
  template: 'compute.read',
  snapshot: 'guest.read',
  logEntry: 'log.read',
}

/**
 * Whether a principal may hear of a change. A deleted row says no longer whose it was; then everybody hears of it who
 * may read such rows in some form, since all it tells is a random id.
 */
export function createVisibility(ownershipOf: OwnershipOf = () => undefined) {
  return (who: Principal, change: RowChange): boolean => {
    const permission = readers[change.table]
    if (may(who, permission)) return true
    if (!mayAny(who, permission)) return false
    if (change.after === null) return true
    const owner = ownRow(change.after) ?? ownershipOf(change)
    return owner !== undefined && may(who, permission, owner)
  }
}

function ownRow(row: Record<string, unknown>): Ownership | undefined {
  const { owner, group, kind } = row
  if (typeof owner !== 'string' || typeof group !== 'string') return undefined
  return kind === 'disk' || kind === 'media' ? { owner, group, kind } : { owner, group }
}
