import * as v from 'valibot'
import type { Users } from '../../core/identity/users.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'
import { nameParams, text, texts } from './identity-schemas.ts'

const tag = 'Users'

const nick = text('Name for people.')
const mail = text('Mail address.')
const details = { nick: v.optional(nick), mail: v.optional(mail) }

export const userOperations = ({ users }: { users: Users }): Operation[] => [
  operation({
    id: 'user.list',
    method: 'GET',
    path: '/users',
    summary: 'Names of all users',
    tag,
    reply: v.array(v.string()),
    access: 'identity.read',
    handle: (op) => ({ data: users.list(op).map((user) => user.name) }),
  }),
  operation({
    id: 'user.get',
    method: 'GET',
    path: '/users/:name',
    summary: 'A user; everybody may read about himself',
    tag,
    params: nameParams,
    reply: v.object({ nick, mail, group: texts('Groups, in the order in which the user came into them.') }),
    access: 'session',
    handle(op, { params }) {
      const { nick, mail, groups, version } = users.get(op, params.name)
      return { data: { nick, mail, group: groups }, headers: etag(version) }
    },
  }),
  operation({
    id: 'user.create',
    method: 'POST',
    path: '/users/:name',
    summary: 'Make a user; it may log in once it is in a group',
    tag,
    params: nameParams,
    body: v.object({ password: text('By the rule of the setting `password.min_length`.'), ...details }),
    access: 'identity.write',
    handle: async (op, { params, body }) => changed(op, await users.create(op, params.name, body)),
  }),
  operation({
    id: 'user.modify',
    method: 'PUT',
    path: '/users/:name',
    summary: 'Change a user, or oneself; what is left out stays',
    tag,
    params: nameParams,
    body: v.object(details),
    access: 'session',
    async handle(op, { params, body }) {
      return changed(op, await users.modify(op, params.name, body))
    },
  }),
  operation({
    id: 'user.delete',
    method: 'DELETE',
    path: '/users/:name',
    summary: 'Delete a user that owns nothing; its sessions and tokens end',
    tag,
    params: nameParams,
    access: 'identity.write',
    async handle(op, { params }) {
      return changed(op, await users.remove(op, params.name))
    },
  }),
  operation({
    id: 'user.set_password',
    method: 'PUT',
    path: '/users/:name/password',
    summary: 'Change a password; the other sessions of the user end',
    tag,
    params: nameParams,
    body: v.object({
      old: v.optional(text("The old password: needed for one's own, not looked at for somebody else's.")),
      new: text('By the rule of the setting `password.min_length`.'),
    }),
    access: 'session',
    handle: async (op, { params, body }) => changed(op, await users.changePassword(op, params.name, body)),
  }),
  operation({
    id: 'user.search',
    method: 'GET',
    path: '/user_search',
    summary: 'Names of the users of a group, or of all',
    tag,
    query: v.object({ group: v.optional(text('User group.')) }),
    reply: v.array(v.string()),
    access: 'identity.read',
    handle: (op, { query }) => ({ data: users.list(op, query.group || undefined).map((user) => user.name) }),
  }),
]
