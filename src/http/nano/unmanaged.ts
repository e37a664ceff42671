import * as v from 'valibot'
import type { UnmanagedGuest, UnmanagedGuests } from '../../core/unmanaged/unmanaged.ts'
import { type Operation, operation } from '../operation.ts'
import { text } from './identity-schemas.ts'
import { launched } from './launched.ts'

const tag = 'Unmanaged guests'

const reply = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.description('UUID of the domain; the guest will have it too.')),
    name: v.string(),
    state: v.string(),
    cores: v.number(),
    memory: v.pipe(v.number(), v.description('Bytes.')),
    machine: v.string(),
    firmware: v.picklist(['bios', 'uefi']),
    auto_start: v.pipe(v.boolean(), v.description('Whether libvirt starts it with the host.')),
    disks: v.array(
      v.object({
        target: v.string(),
        bus: v.string(),
        path: v.pipe(v.string(), v.description('Or `<protocol>:<name>` of a disk on the network.')),
        format: v.string(),
        size: v.pipe(v.number(), v.description('Bytes; 0 for one that lies on no storage pool.')),
        storage: v.pipe(v.string(), v.description('Storage pool that it lies on; empty for none.')),
        volume: v.pipe(v.string(), v.description('Name on that pool.')),
      }),
    ),
    network_interfaces: v.array(
      v.object({
        ethernet_address: v.string(),
        model: v.string(),
        type: v.string(),
        source: v.pipe(v.string(), v.description('Network or bridge.')),
      }),
    ),
    adoptable: v.boolean(),
    refusals: v.pipe(v.array(v.string()), v.description('All that stands in the way of its adoption.')),
    changes: v.pipe(
      v.array(v.string()),
      v.description('What will be otherwise from its next start on, once it is adopted.'),
    ),
  }),
  v.metadata({ ref: 'UnmanagedGuest' }),
)

const rendered = (found: UnmanagedGuest): v.InferOutput<typeof reply> => ({
  id: found.id,
  name: found.name,
  state: found.state,
  cores: found.cores,
  memory: found.memoryBytes,
  machine: found.machine,
  firmware: found.firmware,
  auto_start: found.autoStart,
  disks: found.laid.map(({ target, bus, label, format, sizeBytes, pool, name }) => ({
    ...{ target, bus, path: label, format, size: sizeBytes },
    ...{ storage: pool ?? '', volume: pool === null ? '' : name },
  })),
  network_interfaces: found.cards.map(({ mac, model, kind, name }) => ({
    ...{ ethernet_address: mac, model, type: kind, source: name },
  })),
  adoptable: found.refusals.length === 0,
  refusals: found.refusals,
  changes: found.changes,
})

/** Domains of this host that Nacelle did not make. */
export const unmanagedOperations = ({ unmanaged }: { unmanaged: UnmanagedGuests }): Operation[] => [
  operation({
    id: 'unmanaged_guest.list',
    method: 'GET',
    path: '/unmanaged_guests',
    summary: 'The domains of this host that are no guests, and what stands in the way of making them ones',
    tag,
    reply: v.array(reply),
    access: 'system.read',
    handle: async (op) => ({ data: (await unmanaged.list(op)).map(rendered) }),
  }),
  operation({
    id: 'unmanaged_guest.adopt',
    method: 'POST',
    path: '/unmanaged_guests/:id/adopt',
    summary: 'Make a domain a guest',
    description:
      'Its disks stay where they lie, on a storage pool; nothing is moved. A running one keeps running and gets the ' +
      'definition of a guest at its next start. What cannot be carried over is refused and named.',
    tag,
    params: v.object({
      id: v.pipe(v.string(), v.uuid('must be the UUID of a domain'), v.description('UUID of the domain.')),
    }),
    body: v.object({
      owner: text('User.'),
      group: text('User group.'),
      name: v.optional(text("The domain's own name when left out; a leading `<group>.` is taken off.")),
      pool: v.optional(text('Compute pool; the one of this host when left out.')),
      reconnect: v.optional(
        v.pipe(
          v.boolean('must be true or false'),
          v.description('Let its card be plugged into the network of the compute pool at its next start.'),
        ),
      ),
    }),
    reply: v.object({ id: v.string() }),
    status: [200, 202],
    access: 'system.write',
    async handle(op, { params: { id }, body }) {
      const { reconnect = false, ...request } = body
      return launched(await unmanaged.adopt(op, id, { ...request, reconnect }), { data: { id } })
    },
  }),
]
