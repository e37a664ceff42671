import * as v from 'valibot'
import type { Groups } from '../../core/identity/groups.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'
import { nameParams, text, texts, whole } from './identity-schemas.ts'

const tag = 'User groups'

const display = text('Name for people.')
const role = texts('Names of the roles that its members have.')
const member = texts('Names of its users.')
const body = v.object({ display: v.optional(display), role: v.optional(role) })
const memberParams = v.object({ name: text('Name of the group.'), user: text('Name of the user.') })

const request = (given: v.InferOutput<typeof body>) => ({ display: given.display, roles: given.role })

export const userGroupOperations = ({ groups }: { groups: Groups }): Operation[] => [
  operation({
    id: 'user_group.list',
    method: 'GET',
    path: '/user_groups',
    summary: 'All groups, with the number of their members',
    tag,
    reply: v.array(v.object({ name: text('Name.'), display, member: whole('Number of its users.') })),
    access: 'identity.read',
    handle: (op) => ({
      data: groups.list(op).map(({ name, display, members }) => ({ name, display, member: members.length })),
    }),
  }),
  operation({
    id: 'user_group.get',
    method: 'GET',
    path: '/user_groups/:name',
    summary: 'A group with its roles and members',
    tag,
    params: nameParams,
    reply: v.object({ name: text('Name.'), display, role, member }),
    access: 'identity.read',
    handle(op, { params }) {
      const { name, display, roles, members, version } = groups.get(op, params.name)
      return { data: { name, display, role: roles, member: members }, headers: etag(version) }
    },
  }),
  operation({
    id: 'user_group.create',
    method: 'POST',
    path: '/user_groups/:name',
    summary: 'Make a group',
    tag,
    params: nameParams,
    body,
    access: 'identity.write',
    handle: async (op, { params, body: given }) =>
      changed(op, await groups.create(op, params.name, request(given))),
  }),
  operation({
    id: 'user_group.modify',
    method: 'PUT',
    path: '/user_groups/:name',
    summary: 'Change a group; what is left out stays',
    tag,
    params: nameParams,
    body,
    access: 'identity.write',
    async handle(op, { params, body: given }) {
      return changed(op, await groups.modify(op, params.name, request(given)))
    },
  }),
  operation({
    id: 'user_group.delete',
    method: 'DELETE',
    path: '/user_groups/:name',
    summary: 'Delete a group without members, guests and images',
    tag,
    params: nameParams,
    access: 'identity.write',
    async handle(op, { params }) {
      return changed(op, await groups.remove(op, params.name))
    },
  }),
  ...memberOperations(groups),
]

const memberOperations = (groups: Groups): Operation[] => [
  operation({
    id: 'group_member.list',
    method: 'GET',
    path: '/user_groups/:name/members',
    summary: 'Names of the users in a group',
    tag,
    params: nameParams,
    reply: member,
    access: 'identity.read',
    handle: (op, { params }) => ({ data: groups.get(op, params.name).members }),
  }),
  operation({
    id: 'group_member.add',
    method: 'POST',
    path: '/user_groups/:name/members/:user',
    summary: 'Add a user to a group; it may be in several',
    tag,
    params: memberParams,
    access: 'identity.write',
    handle: async (op, { params }) => changed(op, await groups.addMember(op, params.name, params.user)),
  }),
  operation({
    id: 'group_member.remove',
    method: 'DELETE',
    path: '/user_groups/:name/members/:user',
    summary: 'Remove a user from a group',
    tag,
    params: memberParams,
    access: 'identity.write',
    handle: async (op, { params }) => changed(op, await groups.removeMember(op, params.name, params.user)),
  }),
]
