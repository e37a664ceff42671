// Which cell of a compute pool a new guest gets.
import { asc, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import type { CellFigures } from '../figures/figure.ts'
import type { AttachedStorage, ComputePool } from './compute-pool.ts'
import type { GuestMemory } from './memory.ts'

export interface PlacementDeps {
  zone: Zone
  memory: Pick<GuestMemory, 'of'>
  alive(cell: string): boolean
  /** Whether a cell can use the storage pool now, and if not, why. */
  attached(cell: string, storage: string): Promise<AttachedStorage>
  /** Bridges of a cell; undefined of one that cannot be asked now. */
  bridges(cell: string): Promise<string[] | undefined>
  figuresOf(cell: string): CellFigures
}

export interface PlaceRequest {
  pool: Pick<ComputePool, 'name' | 'networkMode'>
  storage: string
  /** Of all guests that are to be placed together. */
  memoryBytes: number
  /** Whether they will run at once: others need memory only when they are started. */
  starts: boolean
}

export interface Placement {
  /** Name of the cell. Throws `insufficient_capacity`, which says for each cell why it is not the one. */
  choose(request: PlaceRequest): Promise<string>
}

type Cell = typeof schema.cell.$inferSelect

interface Candidate {
  cell: string
  isBusy: boolean
  freeBytes: number
}

/** A cell with more load than this gets a guest only when no other can take it. */
const busyPercent = 80

/**
 * Of the cells that can take the guest the one with the most free memory, those with much CPU in use last. A busy cell is
 * not refused: load goes by, and where it is the only one the guest would have nowhere to go.
 */
export const createPlacement = (deps: PlacementDeps): Placement => ({
  async choose(request) {
    const { cell: table } = schema
    const cells = deps.zone.db
      .select()
      .from(table)
      .where(eq(table.pool, request.pool.name))
      .orderBy(asc(table.name))
      .all()
    const looks = await Promise.all(cells.map((cell) => look(deps, cell, request)))
    const [best] = looks.flatMap((found) => (typeof found === 'string' ? [] : [found])).sort(byPreference)
    if (best) return best.cell
    const reasons = cells.map(({ name }, index) => ({ cell: name, reason: String(looks[index]) }))
    throw nowhere(request, reasons)
  },
})

const byPreference = (a: Candidate, b: Candidate): number =>
  Number(a.isBusy) - Number(b.isBusy) || b.freeBytes - a.freeBytes

/** Why the cell cannot take the guest, or how well it could. */
async function look(deps: PlacementDeps, cell: Cell, request: PlaceRequest): Promise<Candidate | string> {
  const { name } = cell
  if (!cell.enabled) return 'is disabled'
  if (!deps.alive(name)) return 'does not answer'
  const storage = await deps.attached(name, request.storage)
  if (!storage.attached)
    return `cannot use storage pool '${request.storage}': ${storage.error ?? 'no reason is known'}`
  if (request.pool.networkMode === 'plain') {
    if (!cell.bridge) return "has no bridge for guests on the LAN (PUT its 'bridge')"
    const bridges = await deps.bridges(name)
    if (bridges && !bridges.includes(cell.bridge)) return `has lost its bridge '${cell.bridge}'`
  }
  const { limitBytes, committedBytes } = deps.memory.of(name)
  const leftBytes = limitBytes - (request.starts ? committedBytes : 0)
  if (request.memoryBytes > leftBytes)
    return (
      `has memory of ${limitBytes} bytes for guests, of which running ones have ${committedBytes}, and ` +
      `${request.memoryBytes} are needed`
    )
  const figures = deps.figuresOf(name)
  const availableBytes = figures.updatedAt === null ? limitBytes : figures.memoryAvailableBytes
  return {
    cell: name,
    isBusy: figures.cpuUsagePercent >= busyPercent,
    freeBytes: Math.min(limitBytes - committedBytes, availableBytes),
  }
}

function nowhere({ pool }: PlaceRequest, cells: { cell: string; reason: string }[]): AppError {
  const why = cells.map(({ cell, reason }) => `cell '${cell}' ${reason}`).join('; ')
  return new AppError(
    'insufficient_capacity',
    `no cell of compute pool '${pool.name}' can take the guest: ${why || 'it has no cells'}`,
    { field: 'pool', details: { cells } },
  )
}
