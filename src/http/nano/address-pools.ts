import * as v from 'valibot'
import type {
  AddressPoolSummary,
  AddressPoolView,
  Allocation,
  RangeType,
  RangeView,
} from '../../core/address-pools/address-pool.ts'
import type { AddressPools } from '../../core/address-pools/address-pools.ts'
import type { AddressRanges } from '../../core/address-pools/ranges.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'

const tag = 'Address pools'
const path = '/address_pools/:name'
const rangesPath = `${path}/:type/ranges`

const text = (description: string) => v.pipe(v.string('must be text'), v.description(description))

const params = v.object({ name: text('Name of the pool.') })
const rangesParams = v.object({
  ...params.entries,
  type: v.pipe(
    v.picklist(['internal', 'external'], 'must be internal or external'),
    v.description(
      'internal: what guests have themselves. external: what guests of a compute pool with the network mode mono are ' +
        'reached by, by 1:1 NAT.',
    ),
  ),
})
const rangeParams = v.object({ ...rangesParams.entries, start: text('First address of the range.') })

const gateway = text('Address of the network on this host, which guests use as their router.')
const dns = v.pipe(
  v.array(text('Address of a name server.'), 'must be a list of addresses'),
  v.description('Where names are asked for; without any, where the host asks.'),
)
const provider = v.pipe(
  v.picklist(['dhcp', 'cloudinit'], 'must be dhcp or cloudinit'),
  v.description('How guests get their addresses.'),
)

const createBody = v.object({ gateway, dns: v.optional(dns, []), provider: v.optional(provider, 'dhcp') })
const modifyBody = v.object({
  gateway: v.optional(gateway),
  dns: v.optional(dns),
  provider: v.optional(provider),
})
const rangeBody = v.object({
  end: text('Last address of the range.'),
  netmask: text('E.g. 255.255.255.0; the same for all internal ranges of a pool.'),
})

const allocationReply = v.object({
  address: v.string(),
  instance: v.pipe(v.string(), v.description('Id of the guest.')),
})
const rangeReply = v.pipe(
  v.object({ start: v.string(), end: v.string(), netmask: v.string(), capacity: v.number() }),
  v.metadata({ ref: 'AddressRange' }),
)
const summaryReply = v.pipe(
  v.object({
    name: v.string(),
    gateway: v.string(),
    dns: v.array(v.string()),
    provider: v.string(),
    addresses: v.number(),
    allocated: v.number(),
  }),
  v.metadata({ ref: 'AddressPoolSummary' }),
)
const poolReply = v.pipe(
  v.object({
    name: v.string(),
    gateway: v.string(),
    dns: v.array(v.string()),
    provider: v.string(),
    ranges: v.array(rangeReply),
    allocated: v.array(allocationReply),
    external_ranges: v.array(rangeReply),
    external_allocated: v.array(allocationReply),
  }),
  v.metadata({ ref: 'AddressPool' }),
)
const rangeStatusReply = v.pipe(
  v.object({ ...rangeReply.entries, allocated: v.array(allocationReply) }),
  v.metadata({ ref: 'AddressRangeStatus' }),
)

export const summaryElement = (pool: AddressPoolSummary) => ({
  name: pool.name,
  gateway: pool.gateway,
  dns: pool.dns,
  provider: pool.provider,
  addresses: pool.capacity,
  allocated: pool.allocatedCount,
})

const rangeElement = ({ start, end, netmask, capacity }: RangeView) => ({ start, end, netmask, capacity })

const allocationElement = ({ address, guest }: Allocation) => ({ address, instance: guest })

const ofType = <T extends { type: RangeType }>(all: readonly T[], type: RangeType): T[] =>
  all.filter((one) => one.type === type)

export const poolElement = (pool: AddressPoolView) => ({
  name: pool.name,
  gateway: pool.gateway,
  dns: pool.dns,
  provider: pool.provider,
  ranges: ofType(pool.ranges, 'internal').map(rangeElement),
  allocated: ofType(pool.allocated, 'internal').map(allocationElement),
  external_ranges: ofType(pool.ranges, 'external').map(rangeElement),
  external_allocated: ofType(pool.allocated, 'external').map(allocationElement),
})

interface Services {
  addressPools: AddressPools
  addressRanges: AddressRanges
}

export const addressPoolOperations = ({ addressPools, addressRanges }: Services): Operation[] => [
  ...poolOperations(addressPools),
  ...rangeOperations(addressRanges),
]

const poolOperations = (pools: AddressPools): Operation[] => [
  operation({
    id: 'address_pool.list',
    method: 'GET',
    path: '/address_pools',
    summary: 'All address pools, with how many addresses they hold and how many are given',
    tag,
    reply: v.array(summaryReply),
    access: 'network.read',
    handle: (op) => ({ data: pools.list(op).map(summaryElement) }),
  }),
  operation({
    id: 'address_pool.get',
    method: 'GET',
    path,
    summary: 'An address pool with its ranges and the addresses that guests hold',
    tag,
    params,
    reply: poolReply,
    access: 'network.read',
    handle(op, { params }) {
      const pool = pools.get(op, params.name)
      return { data: poolElement(pool), headers: etag(pool.version) }
    },
  }),
  operation({
    id: 'address_pool.create',
    method: 'POST',
    path,
    summary: 'Create an address pool; its network is made with its first range',
    tag,
    params,
    body: createBody,
    access: 'network.write',
    handle: async (op, { params, body }) => changed(op, await pools.create(op, params.name, body)),
  }),
  operation({
    id: 'address_pool.modify',
    method: 'PUT',
    path,
    summary: 'Change an address pool; what is left out stays',
    tag,
    params,
    body: modifyBody,
    access: 'network.write',
    async handle(op, { params, body }) {
      return changed(op, await pools.modify(op, params.name, body))
    },
  }),
  operation({
    id: 'address_pool.delete',
    method: 'DELETE',
    path,
    summary: 'Delete an address pool that nobody uses, with its ranges and its network',
    tag,
    params,
    access: 'network.write',
    async handle(op, { params }) {
      return changed(op, await pools.remove(op, params.name))
    },
  }),
]

const rangeOperations = (ranges: AddressRanges): Operation[] => [
  operation({
    id: 'address_range.list',
    method: 'GET',
    path: rangesPath,
    summary: 'The ranges of an address pool, of one type',
    tag,
    params: rangesParams,
    reply: v.array(rangeReply),
    access: 'network.read',
    handle: (op, { params }) => ({ data: ranges.list(op, params.name, params.type).map(rangeElement) }),
  }),
  operation({
    id: 'address_range.get',
    method: 'GET',
    path: `${rangesPath}/:start`,
    summary: 'A range with the addresses of it that guests hold',
    tag,
    params: rangeParams,
    reply: rangeStatusReply,
    access: 'network.read',
    handle(op, { params }) {
      const range = ranges.get(op, params.name, params.type, params.start)
      return { data: { ...rangeElement(range), allocated: range.allocated.map(allocationElement) } }
    },
  }),
  operation({
    id: 'address_range.add',
    method: 'POST',
    path: `${rangesPath}/:start`,
    summary: 'Add a range; the first internal one makes the network of its pool on the host',
    tag,
    params: rangeParams,
    body: rangeBody,
    access: 'network.write',
    async handle(op, { params: { name, type, start }, body }) {
      return changed(op, await ranges.add(op, name, { type, start, ...body }))
    },
  }),
  operation({
    id: 'address_range.remove',
    method: 'DELETE',
    path: `${rangesPath}/:start`,
    summary: 'Remove a range of which no guest holds an address',
    tag,
    params: rangeParams,
    access: 'network.write',
    async handle(op, { params: { name, type, start } }) {
      return changed(op, await ranges.remove(op, name, type, start))
    },
  }),
]
