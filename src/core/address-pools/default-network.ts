import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import { formatIpv4, netmaskOfPrefix, overlap, parseSubnet, type Subnet, subnetOf } from '../ipv4/ipv4.ts'
import type { HostNetwork } from '../network.ts'
import { newPoolRow } from './address-pools.ts'
import { natNetwork } from './desired.ts'
import { rangeKey } from './record.ts'
import { subnetOfPool } from './rules.ts'

const poolName = 'default'
const prefix = 24
/** The addresses below are left to whoever needs a fixed one beside the guests. */
const firstHost = 10
const lastHost = 250

/**
 * For the first start: the address pool `default` on a /24 that neither the host's routes nor the record use, and its
 * network on the host. Repeatable: with any address pool in the record, only that record counts. Throws
 * `unavailable` when no private /24 is free, and what the host's network answers.
 */
export async function ensureDefaultNetwork(deps: { zone: Zone; network: HostNetwork }): Promise<void> {
  const { zone, network } = deps
  if (zone.db.select().from(schema.addressPool).limit(1).get()) return
  const subnet = chooseSubnet(await network.routedSubnets(), usedSubnets(zone))
  const pool = await newPoolRow(deps, poolName, {
    gateway: formatIpv4(subnet.first + 1),
    dns: [],
    provider: 'dhcp',
  })
  const start = formatIpv4(subnet.first + firstHost)
  const netmask = netmaskOfPrefix(prefix)
  const key = rangeKey(poolName, 'internal', start)
  await zone.commit({ who: 'system', requestId: 'system', action: `address_pool.create ${poolName}` }, [
    { table: 'addressPool', key: poolName, before: null, after: pool },
    {
      table: 'addressRange',
      key,
      before: null,
      after: {
        key,
        pool: poolName,
        type: 'internal',
        start,
        end: formatIpv4(subnet.first + lastHost),
        netmask,
      },
    },
  ])
  await network.ensureNetwork(natNetwork(pool, netmask, []))
}

const usedSubnets = (zone: Zone): Subnet[] =>
  zone.db
    .select()
    .from(schema.addressRange)
    .where(eq(schema.addressRange.type, 'internal'))
    .all()
    .map((range) => subnetOfPool(range.start, range.netmask))

/** The first free private /24 in a fixed order, beginning where offices and clouds seldom are. */
export function chooseSubnet(routed: readonly string[], used: readonly Subnet[] = []): Subnet {
  const taken = [...routed.flatMap((text) => parseSubnet(text) ?? []), ...used]
  for (const subnet of candidates()) if (!taken.some((other) => overlap(other, subnet))) return subnet
  throw new AppError(
    'unavailable',
    `no private /24 is free for guests: the host routes ${routed.join(', ')}. Make an address pool by hand.`,
  )
}

function* candidates(): Generator<Subnet> {
  const at = (a: number, b: number, c: number) => subnetOf(((a * 256 + b) * 256 + c) * 256, prefix)
  for (let b = 110; b < 256; b++) yield at(10, b, 0)
  for (let b = 16; b < 32; b++) for (let c = 200; c < 256; c++) yield at(172, b, c)
  for (let c = 130; c < 256; c++) yield at(192, 168, c)
  for (let b = 0; b < 110; b++) yield at(10, b, 250)
}
