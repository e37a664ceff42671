import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { lanPools } from '../address-pools/record.ts'
import { chooseAddress, spanOf } from '../address-pools/rules.ts'
import { AppError } from '../errors.ts'
import { formatIpv4, parseIpv4, prefixOfNetmask } from '../ipv4/ipv4.ts'
import type { DhcpHost } from '../network.ts'
import type { Guest } from './guest.ts'
import { hostnameOf } from './rules.ts'

/** A free address of the pool, or the wanted one; whether it is still free then, the commit decides. */
export function pickAddress(zone: Zone, pool: string, wanted: string | null): string {
  const ranges = internalRanges(zone, pool)
  const taken = zone.db
    .select({ address: schema.address.address })
    .from(schema.address)
    .where(eq(schema.address.pool, pool))
    .all()
  return chooseAddress(pool, ranges, new Set(taken.map((row) => row.address)), {
    wanted: wanted ?? undefined,
  })
}

/** A free external address of the pool, for 1:1 NAT. */
export function pickExternal(zone: Zone, pool: string): string {
  const ranges = zone.db
    .select()
    .from(schema.addressRange)
    .where(and(eq(schema.addressRange.pool, pool), eq(schema.addressRange.type, 'external')))
    .all()
  if (ranges.length === 0)
    throw new AppError(
      'insufficient_capacity',
      `address pool '${pool}' has no external range, of which each guest of a pool with the network mode 'mono' gets an ` +
        `address: add one (POST /address_pools/${pool}/external/ranges/<start>)`,
      { field: 'pool' },
    )
  const taken = zone.db
    .select({ address: schema.address.address })
    .from(schema.address)
    .where(and(eq(schema.address.pool, pool), eq(schema.address.type, 'external')))
    .all()
  return chooseAddress(pool, ranges, new Set(taken.map((row) => row.address)), { kind: 'external ' })
}

/** Up to so many free addresses, the lowest first. */
export function freeAddresses(zone: Zone, pool: string, most: number): string[] {
  const rows = zone.db
    .select({ address: schema.address.address })
    .from(schema.address)
    .where(eq(schema.address.pool, pool))
    .all()
  const taken = new Set(rows.map((row) => row.address))
  const free: string[] = []
  for (const range of internalRanges(zone, pool)) {
    const { first, last } = spanOf(range)
    for (let value = first; value <= last && free.length < most; value++) {
      const address = formatIpv4(value)
      if (!taken.has(address)) free.push(address)
    }
  }
  return free
}

const internalRanges = (zone: Zone, pool: string) =>
  zone.db
    .select()
    .from(schema.addressRange)
    .where(eq(schema.addressRange.pool, pool))
    .all()
    .filter((range) => range.type === 'internal')

/** The guest's entry in its network's DHCP server; none where cloud-init brings the address, and none on the LAN. */
export function hostEntry(
  zone: Zone,
  guest: Omit<Guest, 'version'>,
): { network: string; host: DhcpHost } | undefined {
  const pool = poolOf(zone, guest)
  if (pool?.provider !== 'dhcp' || !guest.address || lanPools(zone.db).has(pool.name)) return undefined
  return {
    network: pool.network,
    host: { mac: guest.mac, address: guest.address, hostname: hostnameOf(guest.name, guest.id) },
  }
}

export const poolOf = (zone: Zone, guest: Pick<Guest, 'addressPool'>) =>
  guest.addressPool
    ? zone.db.select().from(schema.addressPool).where(eq(schema.addressPool.name, guest.addressPool)).get()
    : undefined

/** Length of the prefix of the range that an address lies in, e.g. 24. */
export const prefixOf = (zone: Zone, pool: string, address: string): number => prefixesOf(zone, pool)(address)

/** The same for many addresses of one pool, which is read once. */
export function prefixesOf(zone: Zone, pool: string): (address: string) => number {
  const ranges = internalRanges(zone, pool).map((range) => ({
    ...spanOf(range),
    prefix: prefixOfNetmask(range.netmask),
  }))
  return (address) => {
    const value = parseIpv4(address) ?? -1
    return ranges.find(({ first, last }) => first <= value && value <= last)?.prefix ?? 32
  }
}
