import * as v from 'valibot'
import type { Groups } from '../../core/identity/groups.ts'
import { everything, type GroupSharing } from '../../core/identity/visibilities.ts'
import { type Operation, operation } from '../operation.ts'
import { changed } from './changed.ts'
import { nameParams, text, texts, whole } from './identity-schemas.ts'
import { recordTag } from './match.ts'
import { renderVisibility, visibilityEntries } from './visibilities.ts'

const tag = 'User groups'

const display = text('Name for people.')
const role = texts('Names of the roles that its members have.')
const member = texts('Names of its users.')
const bound = (description: string) => v.optional(v.nullable(whole(description)), null)
const quota = v.pipe(
  v.object(
    {
      cores: bound('Cores.'),
      memory: bound('Bytes of memory.'),
      disk: bound('Bytes of disks, with their full size.'),
      guests: bound('Number of guests.'),
    },
    'must be an object with cores, memory, disk and guests',
  ),
  v.description('The most that the guests of the group may have together; null is no bound.'),
)
const visibility = v.pipe(
  v.partial(v.object(visibilityEntries, 'must be an object')),
  v.description('What its members share with each other; see `/resource_visibilities`.'),
)
const used = v.object({
  cores: whole('Cores.'),
  memory: whole('Bytes of memory.'),
  disk: whole('Bytes of disks, with their full size.'),
  guests: whole('Number of guests.'),
})
const body = v.object({
  display: v.optional(display),
  role: v.optional(role),
  quota: v.optional(v.nullable(quota)),
  visibility: v.optional(visibility),
})
const memberParams = v.object({ name: text('Name of the group.'), user: text('Name of the user.') })

const request = ({ display, role, quota, visibility }: v.InferOutput<typeof body>) => ({
  display,
  roles: role,
  sharing: visibility && sharingOf(visibility),
  quota: quota && {
    cores: quota.cores,
    memoryBytes: quota.memory,
    diskBytes: quota.disk,
    guests: quota.guests,
  },
})

const sharingOf = (given: v.InferOutput<typeof visibility>): Partial<GroupSharing> => ({
  ...(given.instance_visible === undefined ? {} : { guests: given.instance_visible }),
  ...(given.disk_image_visible === undefined ? {} : { diskImages: given.disk_image_visible }),
  ...(given.media_image_visible === undefined ? {} : { mediaImages: given.media_image_visible }),
})

const figures = <T>(of: { cores: T; memoryBytes: T; diskBytes: T; guests: T }) => ({
  cores: of.cores,
  memory: of.memoryBytes,
  disk: of.diskBytes,
  guests: of.guests,
})

const unlimited = { cores: null, memoryBytes: null, diskBytes: null, guests: null }

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
    summary: 'A group with its roles, members and quota, and what its guests have',
    tag,
    params: nameParams,
    reply: v.object({ name: text('Name.'), display, role, member, quota, used, visibility }),
    access: 'identity.read',
    handle(op, { params }) {
      const group = groups.get(op, params.name)
      const data = {
        name: group.name,
        display: group.display,
        role: group.roles,
        member: group.members,
        quota: figures(group.quota ?? unlimited),
        used: figures(group.used),
        visibility: renderVisibility({ ...everything, ...group.sharing }),
      }
      return { data, headers: { ETag: recordTag(group.version, [data.member, data.used]) } }
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
