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
}

const ownedBy = (who: Principal, thing: Ownership) =>
  thing.owner === who.name || who.groups.includes(thing.group)

/** Whether the principal may do it to this thing; without a thing: to everything. */
export const may = (who: Principal, permission: Permission, thing?: Ownership): boolean =>
  who.permissions.has('*') ||
  who.permissions.has(permission) ||
  (thing !== undefined && who.permissions.has(`${permission}.own`) && ownedBy(who, thing))

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
