import type { OperationContext } from '../context.ts'
import { notFound } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import type { GuestCounts, PlaceDeps, Places } from './places.ts'
import { type Totals, totalsOf } from './totals.ts'

interface CellCounts {
  offline: number
  online: number
}

export interface ZoneStatus extends Totals {
  name: string
  pools: { disabled: number; enabled: number }
  cells: CellCounts
  guests: GuestCounts
  /** When the appliance was started, in milliseconds since 1970. */
  startedAt: number
}

export interface PoolStatus extends Totals {
  name: string
  enabled: boolean
  cells: CellCounts
  guests: GuestCounts
}

export interface CellStatus extends Totals {
  name: string
  address: string
  enabled: boolean
  alive: boolean
  guests: GuestCounts
}

export interface Status {
  zone(op: OperationContext): ZoneStatus
  /** By name. */
  pools(op: OperationContext): PoolStatus[]
  /** Throws `not_found`. */
  pool(op: OperationContext, name: string): PoolStatus
  /** Of one pool, by name. Throws `not_found`. */
  cells(op: OperationContext, pool: string): CellStatus[]
  /** Throws `not_found`. */
  cell(op: OperationContext, pool: string, name: string): CellStatus
  /** For lists of what is in a pool or a cell: throws `not_found` where there is none. */
  requirePlace(pool: string, cell?: string): void
}

type StatusDeps = Pick<PlaceDeps, 'alive'> & {
  places: Places
  startedAt: number
  /** Called whenever somebody asks. */
  asked(): void
}

/** What the zone, its pools and its cells have and do now. */
export function createStatus({ places, alive, startedAt, asked }: StatusDeps): Status {
  const cellCounts = (cells: Places['cells']): CellCounts => {
    const online = cells.filter(({ name }) => alive(name)).length
    return { offline: cells.length - online, online }
  }
  const poolStatus = ({ name, enabled }: Places['pools'][number]): PoolStatus => {
    const cells = places.cellsOf(name)
    return {
      ...totalsOf(places.withStorage(cells)),
      name,
      enabled,
      cells: cellCounts(cells),
      guests: places.count((guest) => guest.pool === name),
    }
  }
  const cellStatus = (cell: Places['cells'][number]): CellStatus => ({
    ...totalsOf(places.withStorage([cell])),
    name: cell.name,
    address: cell.address,
    enabled: cell.enabled,
    alive: alive(cell.name),
    guests: places.count((guest) => guest.cell === cell.name),
  })
  const requireCompute = (op: OperationContext) => {
    requirePermission(op, 'compute.read')
    asked()
  }
  const findPool = (name: string) => {
    const pool = places.pools.find((candidate) => candidate.name === name)
    if (!pool) throw notFound('compute pool', name)
    return pool
  }
  const findCell = (pool: string, name: string) => {
    const cell = places.cellsOf(findPool(pool).name).find((candidate) => candidate.name === name)
    if (!cell) throw notFound(`cell in compute pool '${pool}'`, name)
    return cell
  }
  return {
    zone(op) {
      requireCompute(op)
      const { pools, cells } = places
      const enabled = pools.filter((pool) => pool.enabled).length
      return {
        ...totalsOf(places.withStorage(cells)),
        name: 'default',
        pools: { disabled: pools.length - enabled, enabled },
        cells: cellCounts(cells),
        guests: places.count(() => true),
        startedAt,
      }
    },
    pools(op) {
      requireCompute(op)
      return places.pools.map(poolStatus)
    },
    pool(op, name) {
      requireCompute(op)
      return poolStatus(findPool(name))
    },
    cells(op, pool) {
      requireCompute(op)
      return places.cellsOf(findPool(pool).name).map(cellStatus)
    },
    cell(op, pool, name) {
      requireCompute(op)
      return cellStatus(findCell(pool, name))
    },
    requirePlace(pool, cell) {
      asked()
      if (cell === undefined) findPool(pool)
      else findCell(pool, cell)
    },
  }
}
