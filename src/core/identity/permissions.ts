import type { OperationContext, Principal } from '../context.ts'
import { AppError } from '../errors.ts'

/**
 * What can be permitted. A role lists them as they are, with `.own` added (only what the principal owns or what
 * belongs to one of its groups), or `*`.
 */
export const permissions = [
  'guest.read',
  'guest.write',
  'guest.console',
  'guest.secret',
  'image.read',
  'image.write',
  'compute.read',
  'compute.write',
  'storage.read',
  'storage.write',
  'network.read',
  'network.write',
  'policy.read',
  'policy.write',
  'identity.read',
  'identity.write',
  'session.read',
  'session.write',
  'task.read',
  'task.write',
  'journal.read',
  'log.read',
  'log.write',
  'setting.read',
  'setting.write',
  'system.read',
  'system.write',
] as const

export type Permission = (typeof permissions)[number]

/** Who owns a thing, where it is owned. */
export interface Ownership {
  owner: string
  group: string
  /** Of an image. */
  kind?: ImageKind
}

type ImageKind = 'disk' | 'media'

/** What groups share, or not: see visibilities.ts. */
export type Shared = 'guest' | ImageKind

export const withheldKey = (group: string, what: Shared) => `${group}/${what}`

/** The groups of somebody that share such things among their members. */
export const groupsSharing = ({ groups, withheld }: Principal, what: Shared): string[] =>
  groups.filter((group) => !withheld?.has(withheldKey(group, what)))

function ownedBy(who: Principal, permission: Permission, { owner, group, kind }: Ownership): boolean {
  if (owner === who.name) return true
  if (!who.groups.includes(group)) return false
  const what = permission.startsWith('guest.') ? 'guest' : permission.startsWith('image.') ? kind : undefined
  return what === undefined || !who.withheld?.has(withheldKey(group, what))
}

/** Whether the principal may do it to this thing; without a thing: to everything. */
export const may = (who: Principal, permission: Permission, thing?: Ownership): boolean =>
  who.permissions.has('*') ||
  who.permissions.has(permission) ||
  (thing !== undefined && who.permissions.has(`${permission}.own`) && ownedBy(who, permission, thing))

/**
 * For a thing that is yet to be: who may only work on its own makes it for itself and in a group of its own, so that it
 * can neither put things among those of others nor take their names.
 */
export function requireToMake(op: OperationContext, permission: Permission, thing: Ownership): void {
  const own = thing.owner === op.who.name && op.who.groups.includes(thing.group)
  requirePermission(op, permission, own ? thing : undefined)
}

/** Whether the principal may do it to anything at all; lists then show only its own. */
export const mayAny = (who: Principal, permission: Permission): boolean =>
  may(who, permission) || who.permissions.has(`${permission}.own`)

/** Throws unless permitted; without a credential it is `unauthenticated`. */
export function requirePermission(op: OperationContext, permission: Permission, thing?: Ownership): void {
  if (may(op.who, permission, thing)) return
  if (op.who.kind === 'anonymous')
    throw new AppError('unauthenticated', 'log in first: this needs a session or a token')
  throw new AppError('forbidden', `'${op.who.name}' lacks the permission '${permission}'`, {
    details: { permission },
  })
}
