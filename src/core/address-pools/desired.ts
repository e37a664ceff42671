import { and, eq, isNotNull, ne, or } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Database } from '../../zone/zone.ts'
import { hostnameOf } from '../guests/rules.ts'
import { formatSubnet } from '../ipv4/ipv4.ts'
import type { DhcpHost, FirewallRules, NatNetwork } from '../network.ts'
import { canonicalMac } from './mac.ts'
import { lanPools } from './record.ts'
import { subnetOfPool } from './rules.ts'

/** What begins like this among libvirt's networks is ours, and goes when no pool has it. */
export const networkPrefix = 'nacelle-'

/** The DHCP entries that the record wants on a cell, by pool. */
function desiredHosts(db: Database, cell: string): Map<string, DhcpHost[]> {
  const rows = db
    .select({ address: schema.address, name: schema.guest.name })
    .from(schema.address)
    .innerJoin(schema.guest, eq(schema.guest.id, schema.address.guest))
    .where(and(eq(schema.guest.cell, cell), eq(schema.address.type, 'internal')))
    .all()
  const byPool = new Map<string, DhcpHost[]>()
  for (const { address, name } of rows) {
    const host = {
      mac: canonicalMac(address.mac),
      address: address.address,
      hostname: hostnameOf(name, address.guest),
    }
    const hosts = byPool.get(address.pool)
    if (hosts) hosts.push(host)
    else byPool.set(address.pool, [host])
  }
  return byPool
}

/**
 * The networks that the record wants on a cell: one for each pool whose subnet is known, that is, which has an internal
 * range. Pools of guests on the LAN have none.
 */
export function desiredNetworks(db: Database, cell: string): NatNetwork[] {
  return networksWith(db, desiredHosts(db, cell))
}

function networksWith(db: Database, hosts: ReadonlyMap<string, DhcpHost[]>): NatNetwork[] {
  const netmasks = new Map(
    db
      .select()
      .from(schema.addressRange)
      .where(eq(schema.addressRange.type, 'internal'))
      .all()
      .map((range) => [range.pool, range.netmask]),
  )
  const onLan = lanPools(db)
  return db
    .select()
    .from(schema.addressPool)
    .all()
    .flatMap((pool) => {
      const netmask = netmasks.get(pool.name)
      return netmask === undefined || onLan.has(pool.name)
        ? []
        : [natNetwork(pool, netmask, hosts.get(pool.name) ?? [])]
    })
}

export function natNetwork(
  pool: Pick<typeof schema.addressPool.$inferSelect, 'network' | 'bridge' | 'gateway' | 'dns' | 'provider'>,
  netmask: string,
  hosts: DhcpHost[],
): NatNetwork {
  const dhcp = pool.provider === 'dhcp'
  return {
    name: pool.network,
    bridge: pool.bridge,
    gateway: pool.gateway,
    netmask,
    dns: pool.dns,
    dhcp,
    hosts: dhcp ? hosts : [],
  }
}

/**
 * The firewall that the record wants on a cell: every NAT subnet masqueraded, every port of a guest forwarded, every
 * external address mapped.
 */
export function desiredFirewall(db: Database, cell: string): FirewallRules {
  const masquerade = networksWith(db, new Map())
    .map((network) => ({
      subnet: formatSubnet(subnetOfPool(network.gateway, network.netmask)),
      bridge: network.bridge,
    }))
    .sort((a, b) => (a.bridge < b.bridge ? -1 : 1))
  const guests = db
    .select({
      address: schema.guest.address,
      external: schema.guest.externalAddress,
      ports: schema.guest.ports,
    })
    .from(schema.guest)
    .where(
      and(
        eq(schema.guest.cell, cell),
        or(ne(schema.guest.ports, []), isNotNull(schema.guest.externalAddress)),
      ),
    )
    .all()
  const forwards = guests
    .flatMap(({ address, ports }) => (address === null ? [] : ports.map((port) => ({ address, ...port }))))
    .sort((a, b) => a.host - b.host)
    .flatMap(({ address, guest, host }) =>
      (['tcp', 'udp'] as const).map((protocol) => ({ protocol, hostPort: host, address, port: guest })),
    )
  const mappings = guests
    .flatMap(({ address, external }) =>
      address === null || external === null ? [] : [{ external, address }],
    )
    .sort((a, b) => (a.external < b.external ? -1 : 1))
  return { masquerade, forwards, mappings }
}

/** Whether the record wants a DHCP entry in that network now. */
export function wantsHost(db: Database, cell: string, network: string, host: DhcpHost): boolean {
  const { address, addressPool, guest } = schema
  const rows = db
    .select({ mac: address.mac })
    .from(address)
    .innerJoin(guest, and(eq(guest.id, address.guest), eq(guest.cell, cell)))
    .innerJoin(addressPool, and(eq(addressPool.name, address.pool), eq(addressPool.network, network)))
    .where(
      and(eq(address.address, host.address), eq(address.type, 'internal'), eq(addressPool.provider, 'dhcp')),
    )
    .all()
  return rows.some(({ mac }) => canonicalMac(mac) === host.mac)
}

/** The MACs of all guests in the record. */
export const recordedMacs = (db: Database): Set<string> =>
  new Set(
    db
      .select({ mac: schema.guest.mac })
      .from(schema.guest)
      .all()
      .map(({ mac }) => mac.toLowerCase()),
  )
