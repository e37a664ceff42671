import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { removal } from './directory.ts'
import { checkText } from './names.ts'
import { may, requirePermission } from './permissions.ts'
import { isPermission } from './roles.ts'

type TokenRow = typeof schema.token.$inferSelect
export type TokenView = Omit<TokenRow, 'secretHash'>

export interface TokenRequest {
  name: string
  /** What it may do of what its user may; left out: everything. */
  permissions?: readonly string[]
  /** Seconds until it expires; left out: never. */
  lifetimeSeconds?: number
}

export interface Tokens {
  /** One's own; with `identity.read` everybody's. */
  list(op: OperationContext): TokenView[]
  get(op: OperationContext, id: string): TokenView
  /** For the caller himself. The secret is in this answer and nowhere else. */
  create(
    op: OperationContext,
    request: TokenRequest,
  ): Promise<{ token: TokenView; secret: string; plan: ChangePlan }>
  remove(op: OperationContext, id: string): Promise<ChangePlan>
}

export const tokenPrefix = 'nacelle_'
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')
export const makeSecret = (): string => randomBytes(32).toString('base64url')

export const createTokens = (zone: Zone, clock: () => number): Tokens => ({
  list(op) {
    requireUser(op)
    const all = zone.db.select().from(schema.token).orderBy(schema.token.createdAt, schema.token.id).all()
    const everybody = may(op.who, 'identity.read')
    return all.filter((row) => everybody || row.user === op.who.name).map(viewOf)
  },
  get: (op, id) => viewOf(find(zone, op, id, 'identity.read')),
  create: (op, request) => create(zone, op, request, clock()),
  async remove(op, id) {
    const row = find(zone, op, id, 'identity.write')
    return commitPlanned(zone, op, {
      action: `token.remove ${row.user}/${row.name}`,
      effect: `end the token '${row.name}' of '${row.user}'`,
      changes: [removal('token', id, row.version)],
    })
  },
})

const viewOf = ({ secretHash: _, ...token }: TokenRow): TokenView => token

function requireUser(op: OperationContext): void {
  if (op.who.kind === 'anonymous')
    throw new AppError('unauthenticated', 'log in first: this needs a session or a token')
}

/** Somebody else's token is as good as not there for those who may not see it. */
function find(
  zone: Zone,
  op: OperationContext,
  id: string,
  permission: 'identity.read' | 'identity.write',
): TokenRow {
  requireUser(op)
  const row = zone.db.select().from(schema.token).where(eq(schema.token.id, id)).get()
  if (!row || (row.user !== op.who.name && !may(op.who, 'identity.read'))) throw notFound('token', id)
  if (row.user !== op.who.name) requirePermission(op, permission)
  return row
}

async function create(zone: Zone, op: OperationContext, request: TokenRequest, now: number) {
  requireUser(op)
  // A token must not be able to make one that may more or lives longer than itself.
  if (op.who.kind !== 'user')
    throw new AppError('forbidden', 'a token cannot make tokens: log in with the password')
  checkText('name', request.name, 64)
  if (request.name.trim() === '') throw invalid('name', 'a token needs a name')
  request.permissions?.forEach((permission, index) => {
    if (!isPermission(permission)) throw invalid(`permissions[${index}]`, `'${permission}' is no permission`)
  })
  const secret = tokenPrefix + makeSecret()
  const after = {
    id: randomUUID(),
    user: op.who.name,
    name: request.name,
    secretHash: hashSecret(secret),
    permissions: request.permissions ? [...new Set(request.permissions)] : null,
    expiresAt: request.lifetimeSeconds === undefined ? null : now + request.lifetimeSeconds * 1000,
    createdAt: now,
  }
  const plan = await commitPlanned(zone, op, {
    action: `token.create ${after.user}/${after.name}`,
    effect: `make the token '${after.name}' of '${after.user}'`,
    changes: [{ table: 'token', key: after.id, before: null, after }],
  })
  return { token: viewOf({ ...after, version: zone.revision() }), secret, plan }
}

/** What a token may do: the part of its user's permissions that it was made for. */
export function scopeOf(granted: ReadonlySet<string>, scope: readonly string[] | null): ReadonlySet<string> {
  if (scope === null || scope.includes('*')) return granted
  const result = new Set<string>()
  for (const wanted of scope) {
    const base = wanted.replace(/\.own$/, '')
    if (granted.has('*') || granted.has(base)) result.add(wanted)
    else if (granted.has(`${base}.own`)) result.add(`${base}.own`)
  }
  return result
}
