import { and, asc, count, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Change, Zone } from '../../zone/zone.ts'
import { settled } from '../address-pools/address-pools.ts'
import { type ChangePlan, commitInfo } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import type { HostNetwork } from '../network.ts'
import type {
  AttachedStorage,
  ComputePool,
  ComputePoolRequest,
  ComputePoolView,
  ZoneCounts,
} from './compute-pool.ts'
import { checkNetworkUse } from './network-use.ts'
import { checkNetworkLeft, checkStorageLeft } from './users-of-pool.ts'

export interface ComputePoolDeps {
  zone: Zone
  /** Whether a cell answers now. */
  alive(cell: string): boolean
  /** Whether a cell can use the storage pool now, and if not, why. */
  attached(cell: string, storage: string): Promise<AttachedStorage>
  /** Whether all cells see the same bytes on the storage pool. */
  isShared(storage: string): boolean
  /** Bridges of a cell; undefined of one that cannot be asked now. */
  bridges(cell: string): Promise<string[] | undefined>
  network: Pick<HostNetwork, 'routedSubnets' | 'addresses' | 'routers'>
  /** Makes the host's networks and firewall equal to the record, now; rejects when a part of it could not be done. */
  settle(): Promise<void>
}

export interface ComputePools {
  /** By name. */
  list(op: OperationContext): ComputePoolView[]
  get(op: OperationContext, name: string): ComputePoolView
  create(
    op: OperationContext,
    name: string,
    request: ComputePoolRequest & { cells?: readonly string[] },
  ): Promise<ChangePlan>
  /**
   * Network and network mode are fixed while guests of the pool hold addresses, storage while guests of it have disks on
   * the old one.
   */
  modify(op: OperationContext, name: string, request: ComputePoolRequest): Promise<ChangePlan>
  /** Refused while it has cells or guests. */
  remove(op: OperationContext, name: string): Promise<ChangePlan>
  counts(op: OperationContext): ZoneCounts
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** One commit holds the pool and its first cells. */
const maxInitialCells = 32

export const createComputePools = (deps: ComputePoolDeps): ComputePools => ({
  list(op) {
    requirePermission(op, 'compute.read')
    const pools = deps.zone.db.select().from(schema.computePool).orderBy(asc(schema.computePool.name)).all()
    return pools.map((pool) => viewOf(deps.zone, pool))
  },
  get(op, name) {
    requirePermission(op, 'compute.read')
    return viewOf(deps.zone, readComputePool(deps.zone, name))
  },
  create: (op, name, request) => create(deps, op, name, request),
  modify: (op, name, request) => modify(deps, op, name, request),
  remove: (op, name) => remove(deps, op, name),
  counts(op) {
    requirePermission(op, 'compute.read')
    const pools = deps.zone.db.select({ enabled: schema.computePool.enabled }).from(schema.computePool).all()
    const cells = deps.zone.db.select({ name: schema.cell.name }).from(schema.cell).all()
    const enabled = pools.filter((pool) => pool.enabled).length
    const online = cells.filter((cell) => deps.alive(cell.name)).length
    return {
      pools: { disabled: pools.length - enabled, enabled },
      cells: { offline: cells.length - online, online },
    }
  },
})

/** Throws `not_found`. */
export function readComputePool(zone: Zone, name: string) {
  const pool = zone.db.select().from(schema.computePool).where(eq(schema.computePool.name, name)).get()
  if (!pool) throw notFound('compute pool', name)
  return pool
}

const cellCountOf = (zone: Zone, pool: string): number =>
  zone.db.select({ count: count() }).from(schema.cell).where(eq(schema.cell.pool, pool)).get()?.count ?? 0

/** Enabled ones. */
const cellsOf = (zone: Zone, pool: string): string[] =>
  zone.db
    .select({ name: schema.cell.name })
    .from(schema.cell)
    .where(and(eq(schema.cell.pool, pool), eq(schema.cell.enabled, true)))
    .all()
    .map(({ name }) => name)

const viewOf = (zone: Zone, pool: typeof schema.computePool.$inferSelect): ComputePoolView => ({
  ...pool,
  cellCount: cellCountOf(zone, pool.name),
})

async function create(
  deps: ComputePoolDeps,
  op: OperationContext,
  name: string,
  request: ComputePoolRequest & { cells?: readonly string[] },
): Promise<ChangePlan> {
  requirePermission(op, 'compute.write')
  if (!namePattern.test(name))
    throw invalid(
      'name',
      "name must be 1 to 64 letters, digits, '.', '-' or '_' and begin with a letter or digit",
    )
  const found = deps.zone.db.select().from(schema.computePool).where(eq(schema.computePool.name, name)).get()
  if (found) throw new AppError('conflict', `there is a compute pool '${name}' already`, { field: 'name' })
  const row: ComputePool = {
    name,
    enabled: request.enabled ?? true,
    networkMode: request.networkMode ?? 'share',
    storage: request.storage ?? null,
    network: request.network ?? null,
    failover: request.failover ?? false,
    createdAt: Date.now(),
  }
  checkParts(deps, row)
  const cells = firstCells(deps.zone, name, request.cells ?? [])
  await checkNetworkUse(deps, row, request.cells ?? [])
  const effects = [
    { effect: `record compute pool ${name}` },
    ...cells.map(({ key }) => ({ effect: `move cell ${key} into it` })),
  ]
  await commit(deps.zone, op, `compute_pool.create ${name}`, [
    { table: 'computePool', key: name, before: null, after: row },
    ...cells,
  ])
  if (!op.dryRun && row.networkMode === 'plain' && row.network !== null) await settled(deps)
  return { effects }
}

/** What a pool stands on must exist and be able to carry it. */
function checkParts(deps: ComputePoolDeps, pool: ComputePool): void {
  const { db } = deps.zone
  if (
    pool.storage !== null &&
    !db.select().from(schema.storagePool).where(eq(schema.storagePool.name, pool.storage)).get()
  )
    throw invalid('storage', `there is no storage pool '${pool.storage}'`)
  if (
    pool.network !== null &&
    !db.select().from(schema.addressPool).where(eq(schema.addressPool.name, pool.network)).get()
  )
    throw invalid('network', `there is no address pool '${pool.network}'`)
  if (pool.failover && (pool.storage === null || !deps.isShared(pool.storage)))
    throw new AppError('unsupported', 'failover needs a storage pool that all cells share', {
      field: 'failover',
    })
}

function firstCells(zone: Zone, pool: string, names: readonly string[]): Change[] {
  if (names.length > maxInitialCells)
    throw invalid('cells', `cells may name at most ${maxInitialCells} cells; add the others afterwards`)
  return [...new Set(names)].map((name, index) => {
    const found = zone.db.select().from(schema.cell).where(eq(schema.cell.name, name)).get()
    if (!found) throw invalid(`cells[${index}]`, `there is no cell '${name}'`)
    if (found.pool !== null)
      throw new AppError('conflict', `cell '${name}' belongs to compute pool '${found.pool}'`, {
        field: `cells[${index}]`,
      })
    const { version, ...row } = found
    return { table: 'cell', key: name, before: version, after: { ...row, pool } }
  })
}

async function modify(
  deps: ComputePoolDeps,
  op: OperationContext,
  name: string,
  request: ComputePoolRequest,
): Promise<ChangePlan> {
  requirePermission(op, 'compute.write')
  const { version, ...before } = readComputePool(deps.zone, name)
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined))
  const after: ComputePool = { ...before, ...given }
  checkParts(deps, after)
  const reconnects = before.network !== after.network || before.networkMode !== after.networkMode
  if (reconnects) {
    checkNetworkLeft(deps.zone.db, before, before.network === after.network ? 'network_mode' : 'network')
    await checkNetworkUse(deps, after, cellsOf(deps.zone, name))
  }
  if (before.storage !== null && before.storage !== after.storage)
    checkStorageLeft(deps.zone.db, { ...before, storage: before.storage })
  const effects = [
    { effect: `record compute pool ${name} with ${Object.keys(given).join(', ') || 'nothing new'}` },
  ]
  await commit(deps.zone, op, `compute_pool.modify ${name}`, [
    { table: 'computePool', key: name, before: version, after },
  ])
  // Whether an address pool has a network of ours depends on the mode of who uses it.
  if (!op.dryRun && reconnects) await settled(deps)
  return { effects }
}

async function remove(deps: ComputePoolDeps, op: OperationContext, name: string): Promise<ChangePlan> {
  requirePermission(op, 'compute.write')
  const pool = readComputePool(deps.zone, name)
  const cells = cellCountOf(deps.zone, name)
  if (cells > 0)
    throw new AppError(
      'conflict',
      `compute pool '${name}' still has ${cells} cells: take them out of it first`,
    )
  const guests = deps.zone.db
    .select({ name: schema.guest.name })
    .from(schema.guest)
    .where(eq(schema.guest.pool, name))
    .all()
  if (guests.length > 0)
    throw new AppError(
      'conflict',
      `compute pool '${name}' still has ${guests.length} guests, such as '${guests[0]?.name}'`,
    )
  const effects = [{ effect: `remove compute pool ${name} from the record` }]
  await commit(deps.zone, op, `compute_pool.delete ${name}`, [
    { table: 'computePool', key: name, before: pool.version, after: null },
  ])
  return { effects }
}

const commit = (zone: Zone, op: OperationContext, action: string, changes: readonly Change[]) =>
  zone.commit(commitInfo(op, action), changes)
