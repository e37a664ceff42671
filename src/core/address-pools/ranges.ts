import * as schema from '../../db/schema.ts'
import type { ChangePlan } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import { formatSubnet, overlap, parseSubnet, type Subnet } from '../ipv4/ipv4.ts'
import type { HostNetwork } from '../network.ts'
import type { AddressRangeRequest, Allocation, RangeType, RangeView } from './address-pool.ts'
import { type AddressPoolDeps, commit, networkEffect, settled } from './address-pools.ts'
import {
  allocationsOf,
  inRange,
  internalRangesOf,
  lanPools,
  nameAllocations,
  rangeKey,
  rangesOf,
  readPool,
  readRange,
} from './record.ts'
import { capacityOf, checkForeign, checkRange, rangeView } from './rules.ts'

/** A pool is deleted with its ranges in one commit, which holds 40 rows. */
const maxRanges = 32

export interface AddressRanges {
  /** By start address. */
  list(op: OperationContext, pool: string, type: RangeType): RangeView[]
  get(
    op: OperationContext,
    pool: string,
    type: RangeType,
    start: string,
  ): RangeView & { allocated: Allocation[] }
  /** The first internal range of a pool makes its network, unless its guests are on the LAN. */
  add(op: OperationContext, pool: string, request: AddressRangeRequest): Promise<ChangePlan>
  /** Refused while guests hold addresses of it. The last internal range of a pool takes its network along. */
  remove(op: OperationContext, pool: string, type: RangeType, start: string): Promise<ChangePlan>
}

export const createAddressRanges = (deps: AddressPoolDeps): AddressRanges => ({
  list(op, pool, type) {
    requirePermission(op, 'network.read')
    readPool(deps.zone.db, pool)
    return rangesOf(deps.zone.db, pool)
      .filter((range) => range.type === type)
      .map(rangeView)
  },
  get(op, pool, type, start) {
    requirePermission(op, 'network.read')
    const range = readRange(deps.zone.db, pool, type, start)
    return { ...rangeView(range), allocated: inRange(allocationsOf(deps.zone.db, pool), range) }
  },
  add: (op, pool, request) => add(deps, op, pool, request),
  remove: (op, pool, type, start) => remove(deps, op, { pool, type, start }),
})

async function add(
  deps: AddressPoolDeps,
  op: OperationContext,
  poolName: string,
  request: AddressRangeRequest,
): Promise<ChangePlan> {
  requirePermission(op, 'network.write')
  const { db } = deps.zone
  const { version, ...pool } = readPool(db, poolName)
  const onLan = lanPools(db)
  const existing = db.select().from(schema.addressRange).all()
  const subnet = checkRange(pool, request, { existing, onLan })
  const isNat = request.type === 'internal' && !onLan.has(poolName)
  if (!isNat) checkForeign(request, await hostsAround(deps))
  const others = rangesOf(db, poolName).length
  if (others >= maxRanges)
    throw new AppError(
      'conflict',
      `address pool '${poolName}' has ${others} ranges already, which is the most`,
    )
  const isFirst = isNat && internalRangesOf(db, poolName).length === 0
  if (isFirst) await checkFree(deps, subnet)
  const effects = [
    {
      effect: `record ${request.type} range ${request.start}–${request.end} (${capacityOf(request)} addresses) of ${poolName}`,
    },
    ...(isFirst ? [networkEffect(deps.network, pool, request.netmask)] : []),
  ]
  const key = rangeKey(poolName, request.type, request.start)
  await commit(deps.zone, op, `address_range.add ${poolName} ${request.start}`, [
    { table: 'addressRange', key, before: null, after: { key, pool: poolName, ...request } },
    // The pool's version rises with each of its ranges: of two overlapping ranges that are added at once, one is refused.
    { table: 'addressPool', key: poolName, before: version, after: pool },
  ])
  if (!op.dryRun) await settled(deps)
  return { effects }
}

const hostsAround = async ({ network }: AddressPoolDeps): Promise<string[]> => [
  ...(await network.addresses()),
  ...(await network.routers()),
]

/** A NAT subnet that the host routes elsewhere would cut the host off from it. */
export async function checkFree(
  deps: { network: Pick<HostNetwork, 'routedSubnets'> },
  subnet: Subnet,
): Promise<void> {
  for (const text of await deps.network.routedSubnets()) {
    const routed = parseSubnet(text)
    if (routed && overlap(routed, subnet))
      throw new AppError(
        'conflict',
        `the host reaches ${text} by a route of its own, so ${formatSubnet(subnet)} cannot be a network of guests behind NAT. For guests on that LAN first give the address ` +
          "pool to a compute pool with the network mode 'plain'",
        { field: 'netmask' },
      )
  }
}

async function remove(
  deps: AddressPoolDeps,
  op: OperationContext,
  { pool: poolName, type, start }: { pool: string; type: RangeType; start: string },
): Promise<ChangePlan> {
  requirePermission(op, 'network.write')
  const { db } = deps.zone
  const range = readRange(db, poolName, type, start)
  const allocated = inRange(allocationsOf(db, poolName), range)
  if (allocated.length > 0)
    throw new AppError('conflict', `the range ${start}–${range.end} is in use: ${nameAllocations(allocated)}`)
  const { version, ...pool } = readPool(db, poolName)
  const isLast =
    type === 'internal' && !lanPools(db).has(poolName) && internalRangesOf(db, poolName).length === 1
  const effects = [
    { effect: `remove the range ${start}–${range.end} of ${poolName} from the record` },
    ...(isLast
      ? [
          {
            effect: `remove the libvirt network ${pool.network} and its firewall rules`,
            commands: deps.network.describeNetwork({ kind: 'remove', name: pool.network }),
          },
        ]
      : []),
  ]
  await commit(deps.zone, op, `address_range.remove ${poolName} ${start}`, [
    { table: 'addressRange', key: range.key, before: range.version, after: null },
    { table: 'addressPool', key: poolName, before: version, after: pool },
  ])
  if (!op.dryRun) await settled(deps)
  return { effects }
}
