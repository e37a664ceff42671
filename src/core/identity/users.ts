import { randomUUID } from 'node:crypto'
import { count, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Change, Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitInfo, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import type { Settings } from '../settings/settings.ts'
import { type Directory, readDirectory, removal, rewrite, type UserRow } from './directory.ts'
import type { LoginLimits } from './login-limits.ts'
import { checkName, checkText } from './names.ts'
import { checkPassword, hashPassword, verifyPassword } from './passwords.ts'
import { requirePermission } from './permissions.ts'
import { commitKeepingManager } from './roles.ts'

export type UserView = Omit<UserRow, 'passwordHash'> & { groups: string[] }

export interface UserRequest {
  nick?: string
  mail?: string
}

export interface Users {
  /** By name. With a group, only its members; throws `not_found` for a group that is not there. */
  list(op: OperationContext, group?: string): UserView[]
  /** Everybody may read about himself. */
  get(op: OperationContext, name: string): UserView
  create(op: OperationContext, name: string, request: UserRequest & { password: string }): Promise<ChangePlan>
  modify(op: OperationContext, name: string, request: UserRequest): Promise<ChangePlan>
  /** Refused while guests or images belong to it. Its tokens and sessions end. */
  remove(op: OperationContext, name: string): Promise<ChangePlan>
  /** One's own needs the old one; somebody else's needs the permission. Sessions other than the caller's end. */
  changePassword(
    op: OperationContext,
    name: string,
    request: { old?: string; new: string },
  ): Promise<ChangePlan>
}

export interface UserDeps {
  zone: Zone
  settings: Settings
  clock: () => number
  /** Of logins: guessing at the old password is guessing. */
  limits: LoginLimits
  /** Ends a user's sessions but one (public id). */
  endSessions(user: string, except?: string): void
}

export const createUsers = (deps: UserDeps): Users => ({
  list(op, group) {
    requirePermission(op, 'identity.read')
    const directory = readDirectory(deps.zone)
    if (group !== undefined && !directory.groups.has(group)) throw notFound('user group', group)
    const all = [...directory.users.values()].map((user) => viewOf(directory, user))
    return group === undefined ? all : all.filter((user) => user.groups.includes(group))
  },
  get(op, name) {
    if (op.who.name !== name) requirePermission(op, 'identity.read')
    const directory = readDirectory(deps.zone)
    return viewOf(directory, find(directory, name))
  },
  create: (op, name, request) => create(deps, op, name, request),
  modify: (op, name, request) => modify(deps, op, name, request),
  remove: (op, name) => remove(deps, op, name),
  changePassword: (op, name, request) => changePassword(deps, op, name, request),
})

function find(directory: Directory, name: string): UserRow {
  const user = directory.users.get(name)
  if (!user) throw notFound('user', name)
  return user
}

function viewOf(directory: Directory, { passwordHash: _, ...user }: UserRow): UserView {
  const groups = directory.memberships.filter((row) => row.user === user.name).map((row) => row.group)
  return { ...user, groups }
}

function checkRequest({ nick, mail }: UserRequest): void {
  if (nick !== undefined) checkText('nick', nick)
  if (mail !== undefined) checkText('mail', mail, 254)
  if (mail && !/^[^\s@]+@[^\s@]+$/.test(mail)) throw invalid('mail', `'${mail}' is no mail address`)
}

/** The row of a new user. Throws `invalid` for a name, password or text that the rules refuse. */
export async function newUser(
  { settings, clock }: Pick<UserDeps, 'settings' | 'clock'>,
  name: string,
  request: UserRequest & { password: string },
): Promise<Change<'user'>> {
  checkName('user', name)
  checkRequest(request)
  checkPassword(settings, request.password)
  const { nick = '', mail = '' } = request
  const passwordHash = await hashPassword(request.password)
  const after = { name, id: randomUUID(), nick, mail, passwordHash, createdAt: clock() }
  return { table: 'user', key: name, before: null, after }
}

async function create(
  deps: UserDeps,
  op: OperationContext,
  name: string,
  request: UserRequest & { password: string },
): Promise<ChangePlan> {
  requirePermission(op, 'identity.write')
  const user = await newUser(deps, name, request)
  return commitPlanned(deps.zone, op, {
    action: `user.create ${name}`,
    effect: `make the user '${name}'`,
    changes: [user],
  })
}

async function modify(
  deps: UserDeps,
  op: OperationContext,
  name: string,
  request: UserRequest,
): Promise<ChangePlan> {
  if (op.who.name !== name) requirePermission(op, 'identity.write')
  const user = find(readDirectory(deps.zone), name)
  checkRequest(request)
  const values = { nick: request.nick ?? user.nick, mail: request.mail ?? user.mail }
  return commitPlanned(deps.zone, op, {
    action: `user.modify ${name}`,
    effect: `change the user '${name}'`,
    changes: [rewrite('user', name, user, values)],
  })
}

async function remove(deps: UserDeps, op: OperationContext, name: string): Promise<ChangePlan> {
  requirePermission(op, 'identity.write')
  const { zone } = deps
  const directory = readDirectory(zone)
  const user = find(directory, name)
  refuseOwner(zone, name)
  const memberships = directory.memberships.filter((row) => row.user === name)
  const changes = [
    ...memberships.map((row) => removal('membership', row.key, row.version)),
    removal('user', name, user.version),
  ]
  await removeTokens(zone, op, name)
  // A dry run leaves the tokens, which point at the user: then only the rest can be checked.
  const plan = { action: `user.remove ${name}`, effect: `delete the user '${name}'`, changes }
  const hasTokens = tokensOf(zone, name).length > 0
  const done = hasTokens ? { effects: [{ effect: plan.effect }] } : await commitKeepingManager(zone, op, plan)
  if (!op.dryRun) deps.endSessions(name)
  return done
}

function refuseOwner(zone: Zone, name: string): void {
  const owned = (table: typeof schema.guest | typeof schema.image) =>
    zone.db.select({ total: count() }).from(table).where(eq(table.owner, name)).get()?.total ?? 0
  const guests = owned(schema.guest)
  const images = owned(schema.image)
  if (guests + images === 0) return
  throw new AppError(
    'conflict',
    `the user '${name}' still owns ${counted(guests, 'guest')} and ${counted(images, 'image')}: delete them or give them to another`,
    { details: { guests, images } },
  )
}

const counted = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

const tokensOf = (zone: Zone, user: string) =>
  zone.db.select().from(schema.token).where(eq(schema.token.user, user)).all()

/** In commits of their own: a user may have more tokens than a commit holds rows. */
async function removeTokens(zone: Zone, op: OperationContext, user: string): Promise<void> {
  const changes = tokensOf(zone, user).map((row) => removal('token', row.id, row.version))
  for (let start = 0; start < changes.length; start += 40)
    await zone.commit(commitInfo(op, `user.remove ${user}`), changes.slice(start, start + 40))
}

async function changePassword(
  deps: UserDeps,
  op: OperationContext,
  name: string,
  request: { old?: string; new: string },
): Promise<ChangePlan> {
  const own = op.who.name === name
  if (!own) requirePermission(op, 'identity.write')
  const user = find(readDirectory(deps.zone), name)
  if (own) await requireOldPassword(deps, op, { user, password: request.old ?? '' })
  return setPassword(deps, op, { user, password: request.new })
}

async function requireOldPassword(
  deps: UserDeps,
  op: OperationContext,
  { user, password }: { user: UserRow; password: string },
): Promise<void> {
  const succeeded = deps.limits.begin(user.name, op.address)
  if (!(await verifyPassword(password, user.passwordHash)))
    throw new AppError('forbidden', 'the old password is not right', { field: 'old' })
  succeeded()
}

/** Without asking for the old one or a permission. */
export async function setPassword(
  deps: UserDeps,
  op: OperationContext,
  { user, password }: { user: UserRow; password: string },
): Promise<ChangePlan> {
  checkPassword(deps.settings, password, 'new')
  const passwordHash = await hashPassword(password)
  const plan = await commitPlanned(deps.zone, op, {
    action: `user.password ${user.name}`,
    effect: `set the password of '${user.name}' and end its other sessions`,
    changes: [rewrite('user', user.name, user, { passwordHash })],
  })
  if (!op.dryRun) deps.endSessions(user.name, op.who.name === user.name ? op.who.session : undefined)
  return plan
}
