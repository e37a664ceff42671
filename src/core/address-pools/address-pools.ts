import { asc, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Effect } from '../../tasks/saga.ts'
import type { Change, Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitInfo } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import { contains, parseIpv4, prefixOfNetmask } from '../ipv4/ipv4.ts'
import type { HostNetwork } from '../network.ts'
import type { AddressPool, AddressPoolRequest, AddressPoolSummary, AddressPoolView } from './address-pool.ts'
import { natNetwork, networkPrefix } from './desired.ts'
import {
  allocationsOf,
  internalRangesOf,
  lanPools,
  nameAllocations,
  rangesOf,
  readPool,
  summaryOf,
  viewOf,
} from './record.ts'
import { checkPool, checkPoolName, spanOf, subnetOfPool } from './rules.ts'

export interface AddressPoolDeps {
  zone: Zone
  network: HostNetwork
  /** Makes the host's networks and firewall equal to the record, now; rejects when a part of it could not be done. */
  settle(): Promise<void>
}

export interface AddressPools {
  /** By name. */
  list(op: OperationContext): AddressPoolSummary[]
  get(op: OperationContext, name: string): AddressPoolView
  create(op: OperationContext, name: string, request: AddressPoolRequest): Promise<ChangePlan>
  /** What is left out stays. Gateway and provider are fixed while guests hold addresses. */
  modify(op: OperationContext, name: string, request: Partial<AddressPoolRequest>): Promise<ChangePlan>
  remove(op: OperationContext, name: string): Promise<ChangePlan>
}

export const createAddressPools = (deps: AddressPoolDeps): AddressPools => ({
  list(op) {
    requirePermission(op, 'network.read')
    const pools = deps.zone.db.select().from(schema.addressPool).orderBy(asc(schema.addressPool.name)).all()
    return pools.map((pool) => summaryOf(deps.zone.db, pool))
  },
  get(op, name) {
    requirePermission(op, 'network.read')
    return viewOf(deps.zone.db, readPool(deps.zone.db, name))
  },
  create: (op, name, request) => create(deps, op, name, request),
  modify: (op, name, request) => modify(deps, op, name, request),
  remove: (op, name) => remove(deps, op, name),
})

async function create(
  deps: AddressPoolDeps,
  op: OperationContext,
  name: string,
  request: AddressPoolRequest,
): Promise<ChangePlan> {
  requirePermission(op, 'network.write')
  checkPoolName(name)
  checkPool(request)
  const { db } = deps.zone
  if (db.select().from(schema.addressPool).where(eq(schema.addressPool.name, name)).get())
    throw new AppError('conflict', `there is an address pool '${name}' already`, { field: 'name' })
  const row = await newPoolRow(deps, name, request)
  const effects = [{ effect: `record address pool ${name} with gateway ${row.gateway}` }]
  await commit(deps.zone, op, `address_pool.create ${name}`, [
    { table: 'addressPool', key: name, before: null, after: row },
  ])
  return { effects }
}

/** The row of a new pool, with a network and a bridge that neither the record nor the host has. */
export async function newPoolRow(
  { zone, network }: Pick<AddressPoolDeps, 'zone' | 'network'>,
  name: string,
  request: AddressPoolRequest,
): Promise<AddressPool> {
  const recorded = zone.db.select({ bridge: schema.addressPool.bridge }).from(schema.addressPool).all()
  const taken = new Set([...recorded.map((row) => row.bridge), ...(await network.bridges())])
  let number = 0
  while (taken.has(`nacelle${number}`)) number++
  return {
    name,
    gateway: request.gateway,
    dns: [...request.dns],
    provider: request.provider,
    network: `${networkPrefix}${name}`,
    bridge: `nacelle${number}`,
    createdAt: Date.now(),
  }
}

async function modify(
  deps: AddressPoolDeps,
  op: OperationContext,
  name: string,
  request: Partial<AddressPoolRequest>,
): Promise<ChangePlan> {
  requirePermission(op, 'network.write')
  const { db } = deps.zone
  const { version, ...before } = readPool(db, name)
  const after: AddressPool = {
    ...before,
    gateway: request.gateway ?? before.gateway,
    dns: request.dns ? [...request.dns] : before.dns,
    provider: request.provider ?? before.provider,
  }
  checkPool(after)
  checkModification(deps.zone, before, after)
  const netmask = lanPools(db).has(name) ? undefined : internalRangesOf(db, name)[0]?.netmask
  const effects = [
    {
      effect: `record gateway ${after.gateway}, DNS ${after.dns.join(', ') || 'of the host'}, ${after.provider}`,
    },
    ...(netmask === undefined ? [] : [networkEffect(deps.network, after, netmask)]),
  ]
  await commit(deps.zone, op, `address_pool.modify ${name}`, [
    { table: 'addressPool', key: name, before: version, after },
  ])
  if (!op.dryRun && netmask !== undefined) await settled(deps)
  return { effects }
}

function checkModification(zone: Zone, before: AddressPool, after: AddressPool): void {
  for (const field of ['gateway', 'provider'] as const) {
    if (before[field] === after[field]) continue
    const allocated = allocationsOf(zone.db, before.name)
    if (allocated.length > 0)
      throw new AppError(
        'conflict',
        `${field} cannot change while guests hold ${nameAllocations(allocated)}`,
        {
          field,
        },
      )
  }
  const gateway = parseIpv4(after.gateway) ?? -1
  for (const range of rangesOf(zone.db, before.name))
    if (contains(spanOf(range), gateway))
      throw invalid(
        'gateway',
        `gateway ${after.gateway} must not lie in the range ${range.start}–${range.end}`,
      )
  for (const range of internalRangesOf(zone.db, before.name)) {
    if (!contains(subnetOfPool(range.start, range.netmask), gateway))
      throw invalid(
        'gateway',
        `gateway ${after.gateway} must lie in the subnet of the range ${range.start}–${range.end}`,
      )
    const subnet = subnetOfPool(range.start, range.netmask)
    if (gateway === subnet.first || gateway === subnet.last)
      throw invalid(
        'gateway',
        `gateway must not be the network or broadcast address of its /${subnet.prefix}`,
      )
  }
}

async function remove(deps: AddressPoolDeps, op: OperationContext, name: string): Promise<ChangePlan> {
  requirePermission(op, 'network.write')
  const { db } = deps.zone
  const pool = readPool(db, name)
  checkUnused(deps.zone, name)
  const ranges = rangesOf(db, name)
  // A pool of guests on the LAN is used by a compute pool, so it is none of these.
  const hasNetwork = internalRangesOf(db, name).length > 0
  const effects: Effect[] = [
    { effect: `remove address pool ${name} and its ${ranges.length} ranges from the record` },
  ]
  if (hasNetwork)
    effects.push({
      effect: `remove the libvirt network ${pool.network} and its firewall rules`,
      commands: deps.network.describeNetwork({ kind: 'remove', name: pool.network }),
    })
  await commit(deps.zone, op, `address_pool.delete ${name}`, [
    ...ranges.map(({ key, version }) => ({
      table: 'addressRange' as const,
      key,
      before: version,
      after: null,
    })),
    { table: 'addressPool', key: name, before: pool.version, after: null },
  ])
  if (!op.dryRun && hasNetwork) await settled(deps)
  return { effects }
}

function checkUnused(zone: Zone, name: string): void {
  const users = zone.db.select().from(schema.computePool).where(eq(schema.computePool.network, name)).all()
  if (users.length > 0)
    throw new AppError(
      'conflict',
      `address pool '${name}' is the network of compute pool '${users[0]?.name}': give that another one first`,
    )
  const allocated = allocationsOf(zone.db, name)
  if (allocated.length > 0)
    throw new AppError(
      'conflict',
      `address pool '${name}' is in use: guests hold ${nameAllocations(allocated)}`,
    )
}

export const commit = (zone: Zone, op: OperationContext, action: string, changes: readonly Change[]) =>
  zone.commit(commitInfo(op, action), changes)

export function networkEffect(network: HostNetwork, pool: AddressPool, netmask: string): Effect {
  const wanted = natNetwork(pool, netmask, [])
  return {
    effect: `libvirt network ${pool.network} on bridge ${pool.bridge}: ${pool.gateway}/${prefixOfNetmask(netmask)}`,
    commands: network.describeNetwork({ kind: 'ensure', network: wanted }),
  }
}

/** The record has changed for good; a host that lags behind is told to the caller and made good by the reconciler. */
export async function settled({ settle }: Pick<AddressPoolDeps, 'settle'>): Promise<void> {
  try {
    await settle()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError(
      'unavailable',
      `the change is recorded, but the host's network could not follow yet (it is tried again): ${reason}`,
      { cause: error },
    )
  }
}
