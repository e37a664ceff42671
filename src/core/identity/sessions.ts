import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import type { OperationContext, Principal } from '../context.ts'
import { AppError, notFound } from '../errors.ts'
import type { Settings } from '../settings/settings.ts'
import { type Directory, type Grants, grantsOf } from './directory.ts'
import type { LoginLimits } from './login-limits.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import { may, requirePermission } from './permissions.ts'
import type { SessionRow, SessionStore } from './session-store.ts'
import { hashSecret, makeSecret, scopeOf, tokenPrefix } from './tokens.ts'

export interface LoginRequest {
  user: string
  password: string
  /** Which dialect the session was opened by, e.g. `nano`. */
  kind: string
}

export interface SessionView {
  /** Public; lists show it. */
  id: string
  user: string
  kind: string
  address: string
  createdAt: number
  expiresAt: number
  timeoutSeconds: number
  /** In the order in which the user came into them; the first is shown where only one can be. */
  groups: string[]
  menu: string[]
  permissions: string[]
}

export interface Sessions {
  /** Throws `unauthenticated`; with `retryAfterSeconds` in the details when there were too many attempts. */
  login(op: OperationContext, request: LoginRequest): Promise<SessionView & { secret: string }>
  /** Whose session or token it is; undefined when it is nobody's (unknown, ended, expired). Use renews a session; asking without use does not. */
  resolve(credential: string, address?: string, isUse?: boolean): Principal | undefined
  /** One's own; with `session.read` all. */
  list(op: OperationContext): SessionView[]
  /** `key` is a session's secret, its public id, or `self`. */
  get(op: OperationContext, key: string): SessionView
  renew(op: OperationContext, key: string): SessionView
  end(op: OperationContext, key: string): void
  endOf(user: string, except?: string): void
  close(): void
}

export interface SessionDeps {
  zone: Zone
  settings: Settings
  clock: () => number
  limits: LoginLimits
  store: SessionStore
  directory: () => Directory
}

/** Compared with when there is no such user, so that the time of the answer does not tell. */
let nobodysHash: Promise<string> | undefined

export function createSessions(deps: SessionDeps): Sessions {
  const { store, clock, zone } = deps
  zone.subscribe((event) => {
    for (const change of event.changes)
      if (change.table === 'user' && change.after === null) store.removeOf(change.key)
  })
  return {
    login: (op, request) => login(deps, op, request),
    resolve: (credential, _address, isUse = true) =>
      credential.startsWith(tokenPrefix)
        ? resolveToken(deps, credential)
        : resolveSession(deps, credential, isUse),
    list(op) {
      requireCaller(op)
      store.sweep(clock())
      const all = may(op.who, 'session.read')
      return store
        .list(clock())
        .filter((row) => all || row.user === op.who.name)
        .map((row) => viewOf(deps, row))
    },
    get: (op, key) => viewOf(deps, find(deps, op, key, 'session.read')),
    renew(op, key) {
      const row = find(deps, op, key, 'session.write')
      const expiresAt = clock() + timeoutMs(deps)
      store.extend(row.id, expiresAt)
      return viewOf(deps, { ...row, expiresAt })
    },
    end(op, key) {
      const { id } = find(deps, op, key, 'session.write')
      if (!op.dryRun) store.remove(id)
    },
    endOf: (user, except) => store.removeOf(user, except),
    close: () => store.close(),
  }
}

const timeoutMs = ({ settings }: SessionDeps) => settings.get('session.timeout_seconds') * 1000

async function login(deps: SessionDeps, op: OperationContext, request: LoginRequest) {
  const { store, clock } = deps
  const succeeded = deps.limits.begin(request.user, op.address)
  const user = deps.zone.db.select().from(schema.user).where(eq(schema.user.name, request.user)).get()
  nobodysHash ??= hashPassword(makeSecret())
  const right = await verifyPassword(request.password, user?.passwordHash ?? (await nobodysHash))
  if (!user || !right) {
    op.log.warn({ user: request.user.slice(0, 64), address: op.address }, 'a login failed')
    throw new AppError('unauthenticated', 'the user or the password is not right')
  }
  succeeded()
  if (grantsOf(deps.directory(), user.name).groups.length === 0)
    throw new AppError(
      'forbidden',
      `the user '${user.name}' is in no group: an administrator must add it to one`,
    )
  const now = clock()
  store.sweep(now)
  const secret = makeSecret()
  const row: SessionRow = {
    id: randomUUID(),
    secretHash: hashSecret(secret),
    user: user.name,
    kind: request.kind,
    address: op.address,
    createdAt: now,
    expiresAt: now + timeoutMs(deps),
  }
  store.add(row)
  op.log.info({ user: user.name, address: op.address, session: row.id }, 'logged in')
  return { ...viewOf(deps, row), secret }
}

function resolveSession(deps: SessionDeps, secret: string, isUse: boolean): Principal | undefined {
  const now = deps.clock()
  const row = deps.store.bySecret(hashSecret(secret), now)
  if (!row || !deps.directory().users.has(row.user)) return undefined
  const expiresAt = now + timeoutMs(deps)
  // Not each use moves it: a busy caller would keep the batch of renewals full for nothing.
  if (isUse && expiresAt - row.expiresAt > Math.min(10_000, timeoutMs(deps) / 10))
    deps.store.extend(row.id, expiresAt)
  const { groups, permissions, withheld } = grantsOf(deps.directory(), row.user)
  return { name: row.user, kind: 'user', groups, withheld, permissions, session: row.id }
}

function resolveToken(deps: SessionDeps, secret: string): Principal | undefined {
  const { token } = schema
  const row = deps.zone.db
    .select()
    .from(token)
    .where(eq(token.secretHash, hashSecret(secret)))
    .get()
  if (!row || (row.expiresAt !== null && row.expiresAt <= deps.clock())) return undefined
  if (!deps.directory().users.has(row.user)) return undefined
  const grants: Grants = grantsOf(deps.directory(), row.user)
  return {
    name: row.user,
    kind: 'token',
    groups: grants.groups,
    withheld: grants.withheld,
    permissions: scopeOf(grants.permissions, row.permissions),
  }
}

function requireCaller(op: OperationContext): void {
  if (op.who.kind === 'anonymous')
    throw new AppError('unauthenticated', 'log in first: this needs a session or a token')
}

/** Who brings the secret needs nothing else; a public id is one's own, or needs the permission. */
function find(
  deps: SessionDeps,
  op: OperationContext,
  key: string,
  permission: 'session.read' | 'session.write',
): SessionRow {
  const now = deps.clock()
  const bySecret = deps.store.bySecret(hashSecret(key), now)
  if (bySecret) return bySecret
  requireCaller(op)
  const id = key === 'self' ? op.who.session : key
  if (id === undefined) throw new AppError('not_found', 'this request came by a token and not by a session')
  const row = deps.store.byId(id, now)
  // The message never repeats what may be a secret.
  if (!row) throw new AppError('not_found', 'there is no such session, or it has ended')
  if (row.user === op.who.name) return row
  if (!may(op.who, 'session.read')) throw notFound('session', id)
  requirePermission(op, permission)
  return row
}

function viewOf(deps: SessionDeps, row: SessionRow): SessionView {
  const { groups, menu, permissions } = grantsOf(deps.directory(), row.user)
  const { id, user, kind, address, createdAt, expiresAt } = row
  const timeoutSeconds = deps.settings.get('session.timeout_seconds')
  return {
    id,
    user,
    kind,
    address,
    createdAt,
    expiresAt,
    timeoutSeconds,
    groups,
    menu,
    permissions: [...permissions],
  }
}
