import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { chooseAddress, spanOf } from '../address-pools/rules.ts'
import { parseIpv4, prefixOfNetmask } from '../ipv4/ipv4.ts'
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

const internalRanges = (zone: Zone, pool: string) =>
  zone.db
    .select()
    .from(schema.addressRange)
    .where(eq(schema.addressRange.pool, pool))
    .all()
    .filter((range) => range.type === 'internal')

/** The guest's entry in its network's DHCP server; none where cloud-init brings the address. */
export function hostEntry(zone: Zone, guest: Guest): { network: string; host: DhcpHost } | undefined {
  const pool = poolOf(zone, guest)
  if (pool?.provider !== 'dhcp' || !guest.address) return undefined
  return {
    network: pool.network,
    host: { mac: guest.mac, address: guest.address, hostname: hostnameOf(guest.name, guest.id) },
  }
}

export const poolOf = (zone: Zone, guest: Guest) =>
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
