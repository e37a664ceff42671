import { AppError, invalid } from '../errors.ts'
import {
  contains,
  formatIpv4,
  overlap,
  parseIpv4,
  prefixOfNetmask,
  type Subnet,
  subnetOf,
} from '../ipv4/ipv4.ts'
import type { AddressPoolRequest, AddressRange, AddressRangeRequest, RangeView } from './address-pool.ts'

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/
const maxDnsServers = 8

/** The name becomes part of a libvirt network's name, which is also a file name. */
export function checkPoolName(name: string): void {
  if (!namePattern.test(name))
    throw invalid(
      'name',
      "name must be 1 to 40 letters, digits, '.', '-' or '_' and begin with a letter or digit",
    )
}

export function checkPool(request: AddressPoolRequest): void {
  usable('gateway', request.gateway)
  if (request.dns.length > maxDnsServers)
    throw invalid('dns', `dns may name at most ${maxDnsServers} servers`)
  for (const [index, server] of request.dns.entries()) usable(`dns[${index}]`, server)
}

/** An address that one interface can have: not this-network, loopback, multicast or reserved. */
function usable(field: string, text: string): number {
  const value = parseIpv4(text)
  if (value === undefined)
    throw invalid(field, `${field} must be an IPv4 address such as 10.0.0.1, not '${text}'`)
  const top = value >>> 24
  if (top === 0 || top === 127 || top >= 224)
    throw invalid(field, `${field} must be the address of one host, and '${text}' cannot be`)
  return value
}

interface Span {
  first: number
  last: number
}

export const spanOf = (range: { start: string; end: string }): Span => ({
  first: parseIpv4(range.start) ?? 0,
  last: parseIpv4(range.end) ?? -1,
})

export const capacityOf = (range: { start: string; end: string }): number => {
  const span = spanOf(range)
  return span.last - span.first + 1
}

export const rangeView = (range: AddressRange): RangeView => ({
  type: range.type,
  start: range.start,
  end: range.end,
  netmask: range.netmask,
  capacity: capacityOf(range),
})

/** The subnet of a pool, which its gateway and any range's netmask give. */
export const subnetOfPool = (gateway: string, netmask: string): Subnet =>
  subnetOf(parseIpv4(gateway) ?? 0, prefixOfNetmask(netmask) ?? 32)

/** What stands beside a new range. */
export interface Surroundings {
  /** Ranges of all pools. */
  existing: readonly AddressRange[]
  /** Pools whose guests are on the LAN, so that of their subnets only the ranges are theirs. */
  onLan: ReadonlySet<string>
}

interface PoolOfRange {
  name: string
  gateway: string
}

/**
 * Checks a new range against its pool's gateway and every range of all pools; returns its subnet: of an internal range
 * that of the gateway, of an external one that of its start.
 */
export function checkRange(
  pool: PoolOfRange,
  range: AddressRangeRequest,
  { existing, onLan }: Surroundings,
): Subnet {
  const start = usable('start', range.start)
  const end = usable('end', range.end)
  if (end < start) throw invalid('end', `end (${range.end}) must not lie before start (${range.start})`)
  const isInternal = range.type === 'internal'
  const longest = isInternal ? 30 : 32
  const prefix = prefixOfNetmask(range.netmask)
  if (prefix === undefined || prefix < 8 || prefix > longest)
    throw invalid(
      'netmask',
      `netmask must be one such as 255.255.255.0 (/8 to /${longest}), not '${range.netmask}'`,
    )
  const subnet = subnetOfPool(isInternal ? pool.gateway : range.start, range.netmask)
  checkInside(range, subnet, pool.gateway)
  for (const other of existing)
    if (isInternal && other.type === 'internal') checkInternals({ pool, range, subnet, onLan }, other)
    else checkApart({ pool, range, subnet, onLan }, other)
  return subnet
}

function checkInside(range: AddressRangeRequest, subnet: Subnet, gateway: string): void {
  const name = `${formatIpv4(subnet.first)}/${subnet.prefix}`
  const whose = range.type === 'internal' ? 'the subnet of the gateway' : 'the subnet of the start'
  for (const field of ['start', 'end'] as const) {
    const value = parseIpv4(range[field]) ?? 0
    if (!contains(subnet, value))
      throw invalid(field, `${field} (${range[field]}) must lie in ${whose}, ${name}`)
    if (subnet.prefix < 31 && (value === subnet.first || value === subnet.last))
      throw invalid(field, `${field} must not be the network or broadcast address of ${name}`)
  }
  if (contains(spanOf(range), parseIpv4(gateway) ?? -1))
    throw invalid('start', `the range ${range.start}–${range.end} must not contain the gateway ${gateway}`)
}

interface NewRange {
  pool: PoolOfRange
  range: AddressRangeRequest
  subnet: Subnet
  onLan: Surroundings['onLan']
}

const nameOf = (range: AddressRange) => `${range.start}–${range.end} of pool '${range.pool}'`

function checkInternals({ pool, range, subnet, onLan }: NewRange, other: AddressRange): void {
  if (overlap(spanOf(range), spanOf(other))) throw overlaps(range, other)
  if (other.pool === pool.name && other.netmask !== range.netmask)
    throw invalid('netmask', `netmask must be ${other.netmask}, as that of the range ${nameOf(other)}`)
  if (other.pool === pool.name || (onLan.has(pool.name) && onLan.has(other.pool))) return
  if (overlap(subnet, subnetOfPool(other.start, other.netmask)))
    throw new AppError('conflict', `the subnet of the pool overlaps that of the range ${nameOf(other)}`, {
      field: 'netmask',
    })
}

/** An external range lies outside of every other range, and of the whole subnet of guests behind NAT. */
function checkApart({ pool, range, subnet, onLan }: NewRange, other: AddressRange): void {
  const whole = (type: AddressRange['type'], name: string) => type === 'internal' && !onLan.has(name)
  const own = whole(range.type, pool.name) ? subnet : spanOf(range)
  const its = whole(other.type, other.pool) ? subnetOfPool(other.start, other.netmask) : spanOf(other)
  if (overlap(own, its)) throw overlaps(range, other)
}

const overlaps = (range: AddressRangeRequest, other: AddressRange): AppError =>
  new AppError(
    'conflict',
    `the ${range.type} range ${range.start}–${range.end} overlaps the ${other.type} range ${nameOf(other)}` +
      (range.type === other.type ? '' : ' or the subnet of its guests'),
    { field: 'start' },
  )

/** Throws `conflict` where a range holds an address that is the host's, or a router's that the host sends through. */
export function checkForeign(range: AddressRangeRequest, foreign: readonly string[]): void {
  const found = foreign.find((address) => contains(spanOf(range), parseIpv4(address) ?? -1))
  if (found !== undefined)
    throw new AppError(
      'conflict',
      `the range ${range.start}–${range.end} holds ${found}, which is an address of this host or of its router`,
      { field: 'start' },
    )
}

/**
 * A free address of the ranges, or the wanted one. `taken` are addresses that guests hold. `random` gives 0 ≤ n < 1;
 * random, so that an address that a guest has just left is seldom the next one to be given.
 */
export function chooseAddress(
  pool: string,
  ranges: readonly { start: string; end: string }[],
  taken: ReadonlySet<string>,
  options: { wanted?: string; random?: () => number; kind?: 'external ' } = {},
): string {
  if (options.wanted !== undefined) return chooseWanted(pool, ranges, taken, options.wanted)
  const total = ranges.reduce((sum, range) => sum + capacityOf(range), 0)
  if (total === 0)
    throw new AppError('insufficient_capacity', `address pool '${pool}' has no range yet; add one to it`)
  const begin = Math.floor((options.random ?? Math.random)() * total)
  for (let step = 0; step < total; step++) {
    const address = addressAt(ranges, (begin + step) % total)
    if (!taken.has(address)) return address
  }
  throw new AppError(
    'insufficient_capacity',
    `all ${total} ${options.kind ?? ''}addresses of address pool '${pool}' are taken; add a range to it`,
  )
}

function addressAt(ranges: readonly { start: string; end: string }[], index: number): string {
  let rest = index
  for (const range of ranges) {
    const capacity = capacityOf(range)
    if (rest < capacity) return formatIpv4((parseIpv4(range.start) ?? 0) + rest)
    rest -= capacity
  }
  throw new RangeError(`no address number ${index}`)
}

function chooseWanted(
  pool: string,
  ranges: readonly { start: string; end: string }[],
  taken: ReadonlySet<string>,
  wanted: string,
): string {
  const value = parseIpv4(wanted)
  if (value === undefined) throw invalid('address', `address must be an IPv4 address, not '${wanted}'`)
  if (!ranges.some((range) => contains(spanOf(range), value)))
    throw invalid('address', `address ${wanted} lies in no range of address pool '${pool}'`)
  if (taken.has(wanted))
    throw new AppError('conflict', `address ${wanted} of pool '${pool}' is taken by another guest`, {
      field: 'address',
    })
  return wanted
}
