import * as v from 'valibot'
import type { Guests } from '../../core/guests/guests.ts'
import type { Instances } from '../../core/instances/instances.ts'
import { type Operation, operation } from '../operation.ts'
import { idParams, instanceReply } from './guest-schemas.ts'
import { type GuestNames, guestTag, instanceElement } from './guest-wire.ts'
import { launched } from './launched.ts'

const tag = 'Instances'
const flag = (description: string) =>
  v.optional(v.pipe(v.boolean('must be true or false'), v.description(description)), false)

interface InstanceServices {
  guests: Guests
  instances: Instances
  guestNames: GuestNames
}

export const instanceOperations = ({ guests, instances, guestNames }: InstanceServices): Operation[] => [
  operation({
    id: 'instance.get',
    method: 'GET',
    path: '/instances/:id',
    summary: 'A guest with its live figures',
    tag,
    params: idParams,
    reply: instanceReply,
    access: 'guest.read',
    async handle(op, { params }) {
      const figures = await instances.figures(op, params.id)
      const guest = guests.get(op, params.id)
      const headers = { ETag: guestTag(guest, figures) }
      return { data: instanceElement(guest, guestNames, figures), headers }
    },
  }),
  operation({
    id: 'instance.start',
    method: 'POST',
    path: '/instances/:id',
    summary: 'Start: from its disk, from a media image, or from the network by iPXE',
    tag,
    params: idParams,
    body: v.object({
      from_media: flag('Boot from the media image `source`.'),
      from_network: flag('Boot from the URI `source` by iPXE.'),
      source: v.optional(v.pipe(v.string('must be text'), v.description('Media image id, or URI.'))),
    }),
    status: [200, 202],
    access: 'guest.write',
    handle: async (op, { params, body }) =>
      launched(
        await instances.start(op, params.id, {
          fromMedia: body.from_media,
          fromNetwork: body.from_network,
          source: body.source,
        }),
      ),
  }),
  operation({
    id: 'instance.stop',
    method: 'DELETE',
    path: '/instances/:id',
    summary: 'Shut down, stop, reboot or reset',
    description: 'Without force the guest is asked, and whether it follows shows in its state.',
    tag,
    params: idParams,
    body: v.object({ reboot: flag('Come up again.'), force: flag('At once, without asking the guest.') }),
    status: [200, 202],
    access: 'guest.write',
    handle: async (op, { params, body }) => launched(await instances.stop(op, params.id, body)),
  }),
  operation({
    id: 'instance.insert_media',
    method: 'POST',
    path: '/instances/:id/media',
    summary: 'Insert a media image into a running instance',
    tag,
    params: idParams,
    body: v.object({
      source: v.pipe(v.string('must be text'), v.description('Media image id.')),
      type: v.optional(v.pipe(v.literal(0, 'must be 0'), v.description('0: media image.')), 0),
    }),
    status: [200, 202],
    access: 'guest.write',
    handle: async (op, { params, body }) => launched(await instances.insertMedia(op, params.id, body.source)),
  }),
  operation({
    id: 'instance.eject_media',
    method: 'DELETE',
    path: '/instances/:id/media',
    summary: 'Eject the medium',
    tag,
    params: idParams,
    status: [200, 202],
    access: 'guest.write',
    handle: async (op, { params }) => launched(await instances.ejectMedia(op, params.id)),
  }),
]
