import * as v from 'valibot'
import type { Tokens, TokenView } from '../../core/identity/tokens.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'
import { timeText } from './guest-wire.ts'
import { text, texts, whole } from './identity-schemas.ts'

const tag = 'Tokens'
const tenYears = 10 * 366 * 24 * 3600

const params = v.object({ id: text('Id of the token.') })
const permissions = v.nullable(texts('What it may do of what its user may; null is everything.'))

const shape = {
  id: text('Id; the secret cannot be read again.'),
  name: text('Name.'),
  user: text('User that it acts for.'),
  permissions,
  create_time: text('UTC.'),
  expire_time: v.nullable(text('UTC; null is never.')),
}
const token = v.object(shape)

const rendered = (view: TokenView) => ({
  id: view.id,
  name: view.name,
  user: view.user,
  permissions: view.permissions,
  create_time: timeText(view.createdAt),
  expire_time: view.expiresAt === null ? null : timeText(view.expiresAt),
})

export const tokenOperations = ({ tokens }: { tokens: Tokens }): Operation[] => [
  operation({
    id: 'token.list',
    method: 'GET',
    path: '/tokens',
    summary: "Tokens: one's own, or all with `identity.read`",
    tag,
    reply: v.array(token),
    access: 'session',
    handle: (op) => ({ data: tokens.list(op).map(rendered) }),
  }),
  operation({
    id: 'token.get',
    method: 'GET',
    path: '/tokens/:id',
    summary: 'A token',
    tag,
    params,
    reply: token,
    access: 'session',
    handle(op, { params: { id } }) {
      const view = tokens.get(op, id)
      return { data: rendered(view), headers: etag(view.version) }
    },
  }),
  operation({
    id: 'token.create',
    method: 'POST',
    path: '/tokens',
    summary: 'Make a token for oneself; its secret is shown this once',
    tag,
    body: v.object({
      name: text('What it is for.'),
      permissions: v.optional(texts('E.g. `guest.read`; left out: everything that the user may.')),
      lifetime_seconds: v.optional(whole('Left out: it does not expire.', 1, tenYears)),
    }),
    reply: v.object({ ...shape, token: text('The secret: send it as `Authorization: Bearer …`.') }),
    access: 'session',
    async handle(op, { body }) {
      const request = {
        name: body.name,
        permissions: body.permissions,
        lifetimeSeconds: body.lifetime_seconds,
      }
      const made = await tokens.create(op, request)
      if (op.dryRun) return changed(op, made.plan)
      return { data: { ...rendered(made.token), token: made.secret } }
    },
  }),
  operation({
    id: 'token.delete',
    method: 'DELETE',
    path: '/tokens/:id',
    summary: 'End a token',
    tag,
    params,
    access: 'session',
    handle: async (op, { params: { id } }) => changed(op, await tokens.remove(op, id)),
  }),
]
