import * as v from 'valibot'
import type { Roles } from '../../core/identity/roles.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'
import { nameParams, texts } from './identity-schemas.ts'

const tag = 'Roles'

const menu = texts('Entries of the menu that the role shows.')
const resource = texts(
  'Permissions, e.g. `guest.read`, `guest.write.own`, `*`; they follow from the menu when left out.',
)
const body = v.object({ menu: v.optional(menu), resource: v.optional(resource) })

const request = (given: v.InferOutput<typeof body>) => ({ menu: given.menu, permissions: given.resource })

export const roleOperations = ({ roles }: { roles: Roles }): Operation[] => [
  operation({
    id: 'role.list',
    method: 'GET',
    path: '/roles',
    summary: 'Names of all roles',
    tag,
    reply: v.array(v.string()),
    access: 'identity.read',
    handle: (op) => ({ data: roles.list(op).map((role) => role.name) }),
  }),
  operation({
    id: 'role.get',
    method: 'GET',
    path: '/roles/:name',
    summary: 'What a role shows and permits',
    tag,
    params: nameParams,
    reply: v.object({ menu, resource }),
    access: 'identity.read',
    handle(op, { params }) {
      const role = roles.get(op, params.name)
      return { data: { menu: role.menu, resource: role.permissions }, headers: etag(role.version) }
    },
  }),
  operation({
    id: 'role.create',
    method: 'POST',
    path: '/roles/:name',
    summary: 'Make a role',
    tag,
    params: nameParams,
    body,
    access: 'identity.write',
    handle: async (op, { params, body: given }) =>
      changed(op, await roles.create(op, params.name, request(given))),
  }),
  operation({
    id: 'role.modify',
    method: 'PUT',
    path: '/roles/:name',
    summary: 'Change a role; what is left out stays',
    tag,
    params: nameParams,
    body,
    access: 'identity.write',
    async handle(op, { params, body: given }) {
      return changed(op, await roles.modify(op, params.name, request(given)))
    },
  }),
  operation({
    id: 'role.delete',
    method: 'DELETE',
    path: '/roles/:name',
    summary: 'Delete a role that no group has',
    tag,
    params: nameParams,
    access: 'identity.write',
    async handle(op, { params }) {
      return changed(op, await roles.remove(op, params.name))
    },
  }),
]
