import * as v from 'valibot'
import { type Operation, operation } from '../operation.ts'
import { guestChangeOperations } from './guest-changes.ts'
import { type FindServices, guestFindOperations } from './guest-find.ts'
import { guestQosOperations } from './guest-qos.ts'
import {
  createBody,
  creatingReply,
  diskReply,
  guestDetailReply,
  guestReply,
  guestRequest,
  idParams,
} from './guest-schemas.ts'
import { diskElement, guestDetail, guestElement, guestTag } from './guest-wire.ts'
import { launched } from './launched.ts'
import { listed, partQuery } from './listed.ts'

const tag = 'Guests'

const fromQuery = (description: string) => v.optional(v.pipe(v.string(), v.description(description)))

export const guestOperations = (services: FindServices): Operation[] => {
  const { guests, guestNames } = services
  return [
    operation({
      id: 'guest.search',
      method: 'GET',
      path: '/guest_search',
      summary: 'Guests of a compute pool',
      description:
        'All of them, or a part by `limit` and `offset`; the header `X-Total-Count` says how many there are.',
      tag,
      query: v.object({
        pool: v.pipe(v.string('name the compute pool'), v.description('Compute pool.')),
        cell: fromQuery('Cell.'),
        owner: fromQuery('Owner; with a group, either may match.'),
        group: fromQuery('User group.'),
        status: v.optional(
          v.pipe(v.picklist(['0', '1'], 'must be 0 or 1'), v.description('0 stopped, 1 running.')),
        ),
        created: v.optional(v.picklist(['true', 'false'], 'must be true or false')),
        ...partQuery,
      }),
      reply: v.array(guestReply),
      access: 'guest.read',
      handle(op, { query }) {
        const { status, created, ...rest } = query
        const found = guests.list(op, {
          ...rest,
          ...(status === undefined ? {} : { running: status === '1' }),
          ...(created === undefined ? {} : { created: created === 'true' }),
        })
        return listed(found, (guest) => guestElement(guest, guestNames))
      },
    }),
    ...guestFindOperations(services),
    operation({
      id: 'guest.get',
      method: 'GET',
      path: '/guests/:id',
      summary: 'A guest; 201 with the progress while it is being created',
      tag,
      params: idParams,
      reply: v.union([guestDetailReply, creatingReply]),
      status: [200, 201],
      access: 'guest.read',
      handle(op, { params }) {
        const guest = guests.get(op, params.id)
        if (!guest.created) {
          const name = `${guest.group}.${guest.name}`
          const data = { name, created: false, progress: guest.progress }
          return { status: 201, data, headers: { ETag: guestTag(guest) } }
        }
        const data = guestDetail(guest, guestNames, guests.monitorSecret(op, guest.id))
        return { data, headers: { ETag: guestTag(guest) } }
      },
    }),
    operation({
      id: 'guest.disks',
      method: 'GET',
      path: '/guests/:id/disks',
      summary: 'Where the disks of a guest lie and what they take there',
      tag,
      params: idParams,
      reply: v.array(diskReply),
      access: 'guest.read',
      handle: async (op, { params }) => ({ data: (await guests.disks(op, params.id)).map(diskElement) }),
    }),
    operation({
      id: 'guest.create',
      method: 'POST',
      path: '/guests',
      aliases: ['/guests/:id'],
      summary: 'Create a guest; poll it by the id that is answered',
      tag,
      body: createBody,
      reply: v.object({ id: v.string() }),
      status: [202],
      access: 'guest.write',
      async handle(op, { body }) {
        const outcome = await guests.create(op, guestRequest(body))
        return launched(outcome, { data: { id: outcome.id }, status: 202 })
      },
    }),
    operation({
      id: 'guest.delete',
      method: 'DELETE',
      path: '/guests/:id',
      summary: 'Delete a guest; its disks stay in quarantine for a while',
      tag,
      params: idParams,
      body: v.object({ force: v.optional(v.boolean('must be true or false'), false) }),
      status: [200, 202],
      access: 'guest.write',
      async handle(op, { params, body }) {
        return launched(await guests.delete(op, params.id, body))
      },
    }),
    ...guestChangeOperations(guests),
    ...guestQosOperations(guests),
  ]
}
