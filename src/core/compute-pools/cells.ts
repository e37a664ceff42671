import { asc, eq, isNull } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitInfo } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import type { Cell, CellDetails, CellView } from './compute-pool.ts'
import { type ComputePoolDeps, readComputePool } from './compute-pools.ts'
import { checkBridgeLeft } from './users-of-pool.ts'

/** What is left out stays. */
export interface CellRequest {
  enabled?: boolean
  /** Bridge of the host for guests on the LAN; null for none. */
  bridge?: string | null
}

export interface Cells {
  /** Those of a pool, or with `null` those of no pool; by name. */
  list(op: OperationContext, pool: string | null): CellView[]
  get(op: OperationContext, pool: string, cell: string): Promise<CellDetails>
  /** Moves an unallocated cell into the pool. */
  add(op: OperationContext, pool: string, cell: string): Promise<ChangePlan>
  /** A disabled cell keeps its guests and is given no new ones. */
  modify(op: OperationContext, pool: string, cell: string, request: CellRequest): Promise<ChangePlan>
  /** Refused while guests live on it. */
  remove(op: OperationContext, pool: string, cell: string): Promise<ChangePlan>
}

export const createCells = (deps: ComputePoolDeps): Cells => ({
  list(op, pool) {
    requirePermission(op, 'compute.read')
    if (pool !== null) readComputePool(deps.zone, pool)
    const wanted = pool === null ? isNull(schema.cell.pool) : eq(schema.cell.pool, pool)
    const cells = deps.zone.db.select().from(schema.cell).where(wanted).orderBy(asc(schema.cell.name)).all()
    return cells.map((cell) => ({ ...cell, alive: deps.alive(cell.name) }))
  },
  async get(op, pool, name) {
    requirePermission(op, 'compute.read')
    const { storage } = readComputePool(deps.zone, pool)
    const cell = readCell(deps.zone, pool, name)
    const alive = deps.alive(name)
    const told = alive && cell.enabled && storage !== null
    return { ...cell, alive, storage: told ? [await deps.attached(name, storage)] : [] }
  },
  add: (op, pool, name) => add(deps, op, pool, name),
  modify: (op, pool, name, request) => modify(deps, op, { pool, name, request }),
  async remove(op, pool, name) {
    requirePermission(op, 'compute.write')
    const cell = readCell(deps.zone, pool, name)
    checkEmpty(deps.zone, name)
    return change(deps, op, { cell, values: { pool: null }, effect: `take cell ${name} out of ${pool}` })
  },
})

function readCell(zone: Zone, pool: string, name: string) {
  readComputePool(zone, pool)
  const cell = zone.db.select().from(schema.cell).where(eq(schema.cell.name, name)).get()
  if (cell?.pool !== pool) throw notFound(`cell in compute pool '${pool}'`, name)
  return cell
}

interface Modification {
  pool: string
  name: string
  request: CellRequest
}

async function modify(
  deps: ComputePoolDeps,
  op: OperationContext,
  { pool, name, request }: Modification,
): Promise<ChangePlan> {
  requirePermission(op, 'compute.write')
  const cell = readCell(deps.zone, pool, name)
  const { enabled = cell.enabled, bridge = cell.bridge } = request
  if (bridge !== cell.bridge) await checkBridge(deps, name, bridge)
  const words = [
    ...(request.enabled === undefined ? [] : [enabled ? 'enable' : 'disable']),
    ...(request.bridge === undefined ? [] : [bridge === null ? 'no bridge for' : `bridge ${bridge} for`]),
  ]
  const effect = `${words.join(', ') || 'nothing new for'} cell ${name}`
  return change(deps, op, { cell, values: { enabled, bridge }, effect })
}

const interfacePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/

async function checkBridge(deps: ComputePoolDeps, cell: string, bridge: string | null): Promise<void> {
  const { db } = deps.zone
  if (bridge === null) return checkBridgeLeft(db, cell)
  const field = 'bridge'
  if (!interfacePattern.test(bridge)) throw invalid(field, `'${bridge}' is not the name of an interface`)
  const { addressPool } = schema
  const own = db.select().from(addressPool).where(eq(addressPool.bridge, bridge)).get()
  if (own)
    throw new AppError('conflict', `'${bridge}' is the bridge of address pool '${own.name}', behind NAT`, {
      field,
    })
  const there = await deps.bridges(cell)
  if (there === undefined)
    throw new AppError('unavailable', `cell '${cell}' does not answer, so its bridges cannot be looked at`)
  if (!there.includes(bridge))
    throw invalid(
      field,
      `there is no bridge '${bridge}' on cell '${cell}': make it with \`nacelle host bridge create\``,
    )
}

async function add(
  deps: ComputePoolDeps,
  op: OperationContext,
  pool: string,
  name: string,
): Promise<ChangePlan> {
  requirePermission(op, 'compute.write')
  readComputePool(deps.zone, pool)
  const cell = deps.zone.db.select().from(schema.cell).where(eq(schema.cell.name, name)).get()
  if (!cell) throw notFound('cell', name)
  if (cell.pool !== null)
    throw new AppError(
      'conflict',
      `cell '${name}' belongs to compute pool '${cell.pool}': take it out of that first`,
    )
  return change(deps, op, { cell, values: { pool }, effect: `move cell ${name} into ${pool}` })
}

function checkEmpty(zone: Zone, cell: string): void {
  const guests = zone.db
    .select({ name: schema.guest.name })
    .from(schema.guest)
    .where(eq(schema.guest.cell, cell))
    .all()
  if (guests.length > 0)
    throw new AppError(
      'conflict',
      `cell '${cell}' still has ${guests.length} guests, such as '${guests[0]?.name}': move or delete them first`,
    )
}

async function change(
  { zone }: ComputePoolDeps,
  op: OperationContext,
  { cell, values, effect }: { cell: typeof schema.cell.$inferSelect; values: Partial<Cell>; effect: string },
): Promise<ChangePlan> {
  const { version, ...row } = cell
  await zone.commit(commitInfo(op, `cell: ${effect}`), [
    { table: 'cell', key: cell.name, before: version, after: { ...row, ...values } },
  ])
  return { effects: [{ effect }] }
}
