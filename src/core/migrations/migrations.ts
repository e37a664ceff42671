import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'

export interface MigrationRequest {
  sourcePool: string
  sourceCell: string
  targetPool?: string
  targetCell?: string
  /** Ids of guests; all of the cell when left out. */
  instances?: readonly string[]
}

export interface Migration {
  id: string
  finished: boolean
  /** 0–100. */
  progress: number
  error?: string
}

/**
 * Guests that move between cells. A cell reaches the others by their peers; a zone of one cell has none, so that nothing
 * moves and every request is refused with the peer that is missing.
 */
export interface Migrations {
  list(op: OperationContext): Migration[]
  get(op: OperationContext, id: string): Migration
  /** Throws `invalid` for what does not fit together, `not_found` for what is not there, `unsupported` for want of a peer. */
  start(op: OperationContext, request: MigrationRequest): never
}

export const createMigrations = ({ zone, cell }: { zone: Zone; cell: string }): Migrations => ({
  list(op) {
    requirePermission(op, 'compute.read')
    return []
  },
  get(op, id) {
    requirePermission(op, 'compute.read')
    throw notFound('migration', id)
  },
  start(op, request) {
    requirePermission(op, 'compute.write')
    check(zone, request)
    const peer = request.targetCell
    throw new AppError(
      'unsupported',
      peer === undefined
        ? `cell '${cell}' has no peer: guests move only between the cells of a zone, and this zone has no other that runs`
        : `cell '${peer}' is no peer of cell '${cell}': guests move only between the cells of a zone, and '${peer}' is none that runs`,
      { field: 'target_cell', details: { peer: peer ?? null, cell } },
    )
  },
})

function check({ db }: Zone, request: MigrationRequest): void {
  const { sourcePool, sourceCell, targetPool, targetCell, instances = [] } = request
  const { cell, computePool, guest } = schema
  if (!db.select().from(computePool).where(eq(computePool.name, sourcePool)).get())
    throw new AppError('not_found', `there is no compute pool '${sourcePool}'`, { field: 'source_pool' })
  const from = db.select().from(cell).where(eq(cell.name, sourceCell)).get()
  if (from?.pool !== sourcePool)
    throw new AppError('not_found', `compute pool '${sourcePool}' has no cell '${sourceCell}'`, {
      field: 'source_cell',
    })
  if (targetPool !== undefined && targetPool !== sourcePool)
    throw invalid('target_pool', 'guests move between the cells of one compute pool: leave target_pool out')
  if (targetCell === sourceCell)
    throw invalid('target_cell', `the guests are on cell '${sourceCell}' already`)
  instances.forEach((id, index) => {
    if (db.select().from(guest).where(eq(guest.id, id)).get()?.cell !== sourceCell)
      throw new AppError('not_found', `cell '${sourceCell}' has no guest '${id}'`, {
        field: `instances[${index}]`,
      })
  })
}
