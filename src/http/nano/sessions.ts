import * as v from 'valibot'
import type { Sessions, SessionView } from '../../core/identity/sessions.ts'
import { type Operation, operation } from '../operation.ts'
import { text, texts, whole } from './identity-schemas.ts'

const tag = 'Sessions'

/** The server ends a session that is not used; the browser only has to keep its secret as long as that can last. */
const cookieSeconds = 30 * 24 * 3600

const params = v.object({ id: text('Secret of the session, its public id, or `self`.') })

const common = {
  user: text('Name of the user.'),
  group: text('The first group of the user.'),
  address: text('Where the login came from.'),
  timeout: whole('The session ends when it was not used for so many seconds.'),
  menu: texts('Entries of the menu that the roles show.'),
}

const rendered = ({ user, groups, address, timeoutSeconds, menu }: SessionView) => ({
  user,
  group: groups[0] ?? '',
  address,
  timeout: timeoutSeconds,
  menu,
})

export const sessionOperations = ({ sessions }: { sessions: Sessions }): Operation[] => [
  operation({
    id: 'session.list',
    method: 'GET',
    path: '/sessions',
    summary: "Public ids of the sessions: one's own, or all with `session.read`",
    tag,
    reply: v.array(v.string()),
    access: 'session',
    handle: (op) => ({ data: sessions.list(op).map((session) => session.id) }),
  }),
  operation({
    id: 'session.create',
    method: 'POST',
    path: '/sessions',
    summary: 'Log in',
    description:
      'Send the secret of the answer as `Nano-Session` or as a bearer token. Browsers get a cookie too.',
    tag,
    body: v.object({
      user: text('Name of the user.'),
      password: text('Password.'),
      nonce: v.optional(text('Accepted for clients of the original, which never looked at it either.')),
    }),
    reply: v.object({
      session: text('Secret of the session.'),
      id: text('Public id of the session.'),
      ...common,
    }),
    access: 'public',
    async handle(op, { body }) {
      const { user, password } = body
      const opened = await sessions.login(op, { user, password, kind: 'nano' })
      return {
        data: { session: opened.secret, id: opened.id, ...rendered(opened) },
        session: { secret: opened.secret, maxAgeSeconds: cookieSeconds },
      }
    },
  }),
  operation({
    id: 'session.get',
    method: 'GET',
    path: '/sessions/:id',
    summary: 'Whose a session is and what it may do',
    tag,
    params,
    reply: v.object({
      id: text('Public id of the session.'),
      ...common,
      groups: texts('All groups of the user.'),
      resource: texts('Permissions.'),
    }),
    access: 'session',
    handle(op, { params: { id } }) {
      const session = sessions.get(op, id)
      const { groups, permissions } = session
      return { data: { id: session.id, ...rendered(session), groups, resource: permissions } }
    },
  }),
  operation({
    id: 'session.renew',
    method: 'PUT',
    path: '/sessions/:id',
    summary: 'Renew a session; use renews it too',
    tag,
    params,
    access: 'session',
    handle(op, { params: { id } }) {
      if (!op.dryRun) sessions.renew(op, id)
      return {}
    },
  }),
  operation({
    id: 'session.delete',
    method: 'DELETE',
    path: '/sessions/:id',
    summary: 'End a session (log out)',
    tag,
    params,
    access: 'session',
    handle(op, { params: { id } }) {
      const own = sessions.get(op, id).id === op.who.session
      sessions.end(op, id)
      return own && !op.dryRun ? { session: null } : {}
    },
  }),
]
