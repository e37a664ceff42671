import * as schema from '../../db/schema.ts'
import type { Change, Zone, ZoneEvent } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import { type Shared, withheldKey } from './permissions.ts'

export type UserRow = typeof schema.user.$inferSelect
export type GroupRow = typeof schema.userGroup.$inferSelect
export type RoleRow = typeof schema.role.$inferSelect
export type MembershipRow = typeof schema.membership.$inferSelect

/** Who is in which group with which roles: small, read whole, and kept until a commit changes it. */
export interface Directory {
  users: ReadonlyMap<string, UserRow>
  groups: ReadonlyMap<string, GroupRow>
  roles: ReadonlyMap<string, RoleRow>
  /** Oldest first. */
  memberships: readonly MembershipRow[]
}

/** What a user has by the roles of its groups. */
export interface Grants {
  /** In the order in which the user came into them. */
  groups: string[]
  roles: string[]
  menu: string[]
  permissions: ReadonlySet<string>
  /** What members of those groups do not share: see `Principal`. */
  withheld: ReadonlySet<string>
}

const identityTables: ReadonlySet<string> = new Set(['user', 'userGroup', 'role', 'membership'])

export const touchesIdentity = (event: ZoneEvent): boolean =>
  event.changes.some((change) => identityTables.has(change.table))

/** Straight from the database: what changes are planned on. */
export function readDirectory(zone: Zone): Directory {
  const { db } = zone
  const byName = <T extends { name: string }>(rows: T[]) =>
    new Map(rows.sort((a, b) => (a.name < b.name ? -1 : 1)).map((row) => [row.name, row]))
  return {
    users: byName(db.select().from(schema.user).all()),
    groups: byName(db.select().from(schema.userGroup).all()),
    roles: byName(db.select().from(schema.role).all()),
    memberships: db
      .select()
      .from(schema.membership)
      .all()
      .sort((a, b) => a.version - b.version || (a.key < b.key ? -1 : 1)),
  }
}

/** The directory from memory. */
export function createDirectoryCache(zone: Zone): () => Directory {
  let cached: Directory | undefined
  zone.subscribe((event) => {
    if (touchesIdentity(event)) cached = undefined
  })
  return () => {
    cached ??= readDirectory(zone)
    return cached
  }
}

/** Kept with the directory that they come from: each request asks for them. */
const grantsByDirectory = new WeakMap<Directory, Map<string, Grants>>()

export function grantsOf(directory: Directory, user: string): Grants {
  const known = grantsByDirectory.get(directory) ?? new Map<string, Grants>()
  grantsByDirectory.set(directory, known)
  const grants = known.get(user) ?? computeGrants(directory, user)
  known.set(user, grants)
  return grants
}

function computeGrants(directory: Directory, user: string): Grants {
  const groups = directory.memberships.filter((row) => row.user === user).map((row) => row.group)
  const roles = [...new Set(groups.flatMap((group) => directory.groups.get(group)?.roles ?? []))]
  const rows = roles.flatMap((name) => directory.roles.get(name) ?? [])
  return {
    groups,
    roles,
    menu: [...new Set(rows.flatMap((row) => row.menu))],
    permissions: new Set(rows.flatMap((row) => row.permissions)),
    withheld: new Set(groups.flatMap((group) => withheldBy(group, directory.groups.get(group)?.sharing))),
  }
}

function withheldBy(group: string, sharing: GroupRow['sharing'] | undefined): string[] {
  if (!sharing) return []
  const kinds = { guest: sharing.guests, disk: sharing.diskImages, media: sharing.mediaImages }
  return Object.entries(kinds)
    .filter(([, shared]) => !shared)
    .map(([what]) => withheldKey(group, what as Shared))
}

export const membershipKey = (group: string, user: string) => `${group}/${user}`

/** Where the users stand who may do everything: each such user with one group that gives it. */
function managersOf(directory: Directory): { user: string; group: GroupRow }[] {
  const giving = [...directory.groups.values()].filter((group) =>
    group.roles.some((role) => directory.roles.get(role)?.permissions.includes('*')),
  )
  return giving.flatMap((group) =>
    directory.memberships
      .filter((row) => row.group === group.name && directory.users.has(row.user))
      .map((row) => ({ user: row.user, group })),
  )
}

/**
 * Changes that take something from people, with one more row: a group that still gives a manager its rights is written
 * unchanged, so that two such commits at once, each of which leaves a manager, cannot together leave none.
 * Throws `conflict` when nobody could do everything any more.
 */
export function keepManager(directory: Directory, changes: readonly Change[]): readonly Change[] {
  const before = managersOf(directory)
  const after = managersOf(withChanges(directory, changes))
  const rest = after[0]
  if (rest && before.every(({ user }) => after.some((each) => each.user === user))) return changes
  if (!rest)
    throw new AppError(
      'conflict',
      'this would leave nobody who may do everything: give another user the role of a manager first',
    )
  const touched = changes.some(({ table, key }) => table === 'userGroup' && key === rest.group.name)
  const unchanged = directory.groups.get(rest.group.name)
  return touched || !unchanged ? changes : [...changes, rewrite('userGroup', unchanged.name, unchanged)]
}

/** A row written with some values changed, guarded by the version that was read. */
export function rewrite<T extends 'userGroup' | 'user' | 'role'>(
  table: T,
  key: string,
  row: { version: number },
  values: object = {},
): Change {
  const { version, ...rest } = row
  return { table, key, before: version, after: { ...rest, ...values } as Change['after'] }
}

export const removal = (table: Change['table'], key: string, version: number): Change => ({
  table,
  key,
  before: version,
  after: null,
})

function withChanges(directory: Directory, changes: readonly Change[]): Directory {
  const changed = <T>(rows: ReadonlyMap<string, T>, table: string) => {
    const result = new Map(rows)
    for (const change of changes)
      if (change.table === table) {
        if (change.after === null) result.delete(change.key)
        else result.set(change.key, change.after as T)
      }
    return result
  }
  const memberships = new Map(directory.memberships.map((row) => [row.key, row]))
  return {
    users: changed(directory.users, 'user'),
    groups: changed(directory.groups, 'userGroup'),
    roles: changed(directory.roles, 'role'),
    memberships: [...changed(memberships, 'membership').values()],
  }
}
