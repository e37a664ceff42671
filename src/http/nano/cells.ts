import * as v from 'valibot'
import type { Cells } from '../../core/compute-pools/cells.ts'
import type { CellView } from '../../core/compute-pools/compute-pool.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'

const tag = 'Cells'
const path = '/compute_pool_cells/:pool'

const text = (description: string) => v.pipe(v.string('must be text'), v.description(description))

const poolParams = v.object({ pool: text('Name of the compute pool.') })
const cellParams = v.object({ ...poolParams.entries, cell: text('Name of the cell.') })

const cellReply = v.pipe(
  v.object({ name: v.string(), address: v.string(), enabled: v.boolean(), alive: v.boolean() }),
  v.metadata({ ref: 'Cell' }),
)
const detailsReply = v.pipe(
  v.object({
    ...cellReply.entries,
    bridge: v.pipe(v.string(), v.description("The host's bridge for guests on the LAN; empty for none.")),
    storage: v.array(
      v.object({
        name: v.string(),
        attached: v.boolean(),
        error: v.optional(v.pipe(v.string(), v.description('Why it is not attached.'))),
      }),
    ),
  }),
  v.metadata({ ref: 'CellDetails' }),
)

const modifyBody = v.pipe(
  v.object({
    enable: v.optional(v.boolean('must be true or false')),
    bridge: v.optional(
      v.pipe(
        v.nullable(
          text("The host's own bridge for guests of a pool with the network mode plain; empty for none."),
        ),
        v.transform((name) => (name === '' ? null : name)),
      ),
    ),
  }),
  v.forward(
    v.partialCheck(
      [['enable'], ['bridge']],
      ({ enable, bridge }) => enable !== undefined || bridge !== undefined,
      'enable or bridge must be given',
    ),
    ['enable'],
  ),
)

export const cellElement = ({ name, address, enabled, alive }: CellView) => ({
  name,
  address,
  enabled,
  alive,
})

export const cellOperations = ({ cells }: { cells: Cells }): Operation[] => [
  operation({
    id: 'cell.unallocated',
    method: 'GET',
    path: '/compute_pool_cells',
    summary: 'Cells that belong to no compute pool',
    tag,
    reply: v.array(cellReply),
    access: 'compute.read',
    handle: (op) => ({ data: cells.list(op, null).map(cellElement) }),
  }),
  operation({
    id: 'cell.list',
    method: 'GET',
    path,
    summary: 'Cells of a compute pool',
    tag,
    params: poolParams,
    reply: v.array(cellReply),
    access: 'compute.read',
    handle: (op, { params }) => ({ data: cells.list(op, params.pool).map(cellElement) }),
  }),
  operation({
    id: 'cell.get',
    method: 'GET',
    path: `${path}/:cell`,
    summary: 'A cell, and whether it can use the storage of its pool',
    tag,
    params: cellParams,
    reply: detailsReply,
    access: 'compute.read',
    async handle(op, { params }) {
      const cell = await cells.get(op, params.pool, params.cell)
      return {
        data: { ...cellElement(cell), bridge: cell.bridge ?? '', storage: cell.storage },
        headers: etag(cell.version),
      }
    },
  }),
  operation({
    id: 'cell.add',
    method: 'POST',
    path: `${path}/:cell`,
    summary: 'Move a cell of no pool into this one',
    tag,
    params: cellParams,
    access: 'compute.write',
    handle: async (op, { params }) => changed(op, await cells.add(op, params.pool, params.cell)),
  }),
  operation({
    id: 'cell.modify',
    method: 'PUT',
    path: `${path}/:cell`,
    summary:
      'Enable or disable a cell (a disabled one keeps its guests and is given no new ones), or name its bridge',
    tag,
    params: cellParams,
    body: modifyBody,
    access: 'compute.write',
    async handle(op, { params, body }) {
      return changed(
        op,
        await cells.modify(op, params.pool, params.cell, { enabled: body.enable, bridge: body.bridge }),
      )
    },
  }),
  operation({
    id: 'cell.remove',
    method: 'DELETE',
    path: `${path}/:cell`,
    summary: 'Take a cell without guests out of its pool',
    tag,
    params: cellParams,
    access: 'compute.write',
    handle: async (op, { params }) => changed(op, await cells.remove(op, params.pool, params.cell)),
  }),
]
