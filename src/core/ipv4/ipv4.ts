/**
 * IPv4 as numbers. Pools need arithmetic (ranges, neighbours, counting) far more than parsing, and the rules that use
 * it also run in the browser, where node:net is not.
 */
const dotted = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/

/** The address as an unsigned 32-bit number; undefined unless it is four plain decimal octets. */
export function parseIpv4(text: string): number | undefined {
  const match = dotted.exec(text)
  if (!match) return undefined
  const octets = match.slice(1).map(Number)
  if (octets.some((octet) => octet > 255)) return undefined
  return octets.reduce((sum, octet) => sum * 256 + octet, 0)
}

export const formatIpv4 = (value: number): string =>
  [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')

export const isIpv4 = (text: string): boolean => parseIpv4(text) !== undefined

const maskOf = (prefix: number): number => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0)

/** `255.255.255.0` → 24; undefined where the ones are not contiguous. */
export function prefixOfNetmask(netmask: string): number | undefined {
  const value = parseIpv4(netmask)
  if (value === undefined) return undefined
  const prefix = 32 - Math.log2(2 ** 32 - value)
  return Number.isInteger(prefix) ? prefix : undefined
}

export const netmaskOfPrefix = (prefix: number): string => formatIpv4(maskOf(prefix))

/** A subnet with its bounds; `first` is the network address, `last` the broadcast address. */
export interface Subnet {
  first: number
  last: number
  prefix: number
}

export function subnetOf(address: number, prefix: number): Subnet {
  const first = (address & maskOf(prefix)) >>> 0
  return { first, last: first + 2 ** (32 - prefix) - 1, prefix }
}

/** `10.1.0.0/16`, or a plain address as a subnet of one; undefined where it is neither. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = '', prefixText = '32', ...rest] = text.split('/')
  const value = parseIpv4(address)
  if (value === undefined || rest.length > 0 || !/^\d{1,2}$/.test(prefixText)) return undefined
  const prefix = Number(prefixText)
  return prefix > 32 ? undefined : subnetOf(value, prefix)
}

export const formatSubnet = (subnet: Subnet): string => `${formatIpv4(subnet.first)}/${subnet.prefix}`

/** Whether two spans of addresses share one; both ends count. */
export const overlap = (a: { first: number; last: number }, b: { first: number; last: number }): boolean =>
  a.first <= b.last && b.first <= a.last

export const contains = (span: { first: number; last: number }, address: number): boolean =>
  span.first <= address && address <= span.last
