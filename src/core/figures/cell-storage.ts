import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import type { ChangePlan } from '../change-plan.ts'
import type { Cells } from '../compute-pools/cells.ts'
import type { ComputePools } from '../compute-pools/compute-pools.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'

export interface CellStorage {
  /** Name of the storage pool on which new disks land; null without one. */
  pool: string | null
  /** Whether all cells see the same bytes there. */
  shared: boolean
  /** Directories of the appliance's own state. */
  systemPaths: string[]
  /** Where disks can lie: the default first, then the other storage pools by name. */
  dataPaths: string[]
}

export interface CellStorages {
  /** Throws `not_found`. */
  get(op: OperationContext, pool: string, cell: string): CellStorage
  /** `target`: a path as `get` shows it, or the name of a storage pool. */
  setDefault(op: OperationContext, pool: string, cell: string, target: string): Promise<ChangePlan>
}

interface CellStorageDeps {
  zone: Zone
  cells: Cells
  computePools: ComputePools
  isShared(storage: string): boolean
  /** Directory of the appliance's state on its cell. */
  dataDir: string
}

type StorageRow = typeof schema.storagePool.$inferSelect

/** As the original writes it: a directory of the host, or of another one. */
const pathOf = ({ host, target }: StorageRow) => (host === '' ? target : `${host}:${target}`)

/**
 * The original gives each cell a list of directories and a default. Here disks lie on storage pools, and a compute pool
 * names the one for its new guests: what is set for a cell is set for its pool, so only where the cell is its only one.
 */
export function createCellStorages(deps: CellStorageDeps): CellStorages {
  const { zone, cells, computePools } = deps
  const storages = () => zone.db.select().from(schema.storagePool).orderBy(schema.storagePool.name).all()
  const requireCell = (op: OperationContext, pool: string, cell: string) => {
    const found = cells.list(op, pool).find(({ name }) => name === cell)
    if (!found)
      throw new AppError('not_found', `there is no cell '${cell}' in compute pool '${pool}'`, {
        details: { noun: 'cell', key: cell },
      })
    return computePools.get(op, pool)
  }
  return {
    get(op, pool, cell) {
      const { storage } = requireCell(op, pool, cell)
      const all = storages()
      const first = all.filter(({ name }) => name === storage)
      return {
        pool: storage,
        shared: storage !== null && deps.isShared(storage),
        systemPaths: [deps.dataDir],
        dataPaths: [...first, ...all.filter(({ name }) => name !== storage)].map(pathOf),
      }
    },
    async setDefault(op, pool, cell, target) {
      requirePermission(op, 'compute.write')
      const { cellCount, storage } = requireCell(op, pool, cell)
      const wanted = storages().find((row) => row.name === target || pathOf(row) === target)
      if (!wanted)
        throw invalid(
          'default',
          `'${target}' is neither a storage pool nor the path of one: create it first (POST /storage_pools/<name>)`,
        )
      if (cellCount > 1)
        throw new AppError(
          'conflict',
          `compute pool '${pool}' has ${cellCount} cells, which all use its storage: change that of the pool instead ` +
            `(PUT /compute_pools/${pool})`,
        )
      if (wanted.name === storage)
        throw new AppError('conflict', `'${wanted.name}' is the default storage of cell '${cell}' already`, {
          field: 'default',
        })
      return computePools.modify(op, pool, { storage: wanted.name })
    },
  }
}
