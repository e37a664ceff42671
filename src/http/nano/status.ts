import * as v from 'valibot'
import type { CellStorages } from '../../core/figures/cell-storage.ts'
import type { FiguresService } from '../../core/figures/figures.ts'
import type { Guests } from '../../core/guests/guests.ts'
import type { Instances } from '../../core/instances/instances.ts'
import { type Operation, operation } from '../operation.ts'
import { changed } from './changed.ts'
import { instanceStatusReply } from './guest-schemas.ts'
import { type GuestNames, instanceElement } from './guest-wire.ts'
import { text, texts } from './identity-schemas.ts'
import { listed, partQuery } from './listed.ts'
import { cellElement, cellReply, poolElement, poolReply, zoneElement, zoneReply } from './status-wire.ts'

const tag = 'Status'

const poolParams = v.object({ pool: text('Name of the compute pool.') })
const cellParams = v.object({ ...poolParams.entries, cell: text('Name of the cell.') })

interface StatusServices {
  figures: FiguresService
  cellStorages: CellStorages
  guests: Guests
  instances: Instances
  guestNames: GuestNames
}

export const statusOperations = (services: StatusServices): Operation[] => [
  ...zoneAndPools(services),
  ...cells(services),
  ...storages(services),
  instanceStatus(services, {
    id: 'instance.status_pool',
    path: '/instance_status/:pool',
    params: poolParams,
  }),
  instanceStatus(services, {
    id: 'instance.status_cell',
    path: '/instance_status/:pool/:cell',
    params: cellParams,
  }),
]

const zoneAndPools = ({ figures }: StatusServices): Operation[] => [
  operation({
    id: 'compute_zone.status',
    method: 'GET',
    path: '/compute_zone_status',
    summary: 'What the whole zone has and does now',
    tag,
    reply: zoneReply,
    access: 'compute.read',
    handle: (op) => ({ data: zoneElement(figures.status.zone(op)) }),
  }),
  operation({
    id: 'compute_pool.status_list',
    method: 'GET',
    path: '/compute_pool_status',
    summary: 'What each compute pool has and does now',
    tag,
    reply: v.array(poolReply),
    access: 'compute.read',
    handle: (op) => ({ data: figures.status.pools(op).map(poolElement) }),
  }),
  operation({
    id: 'compute_pool.status',
    method: 'GET',
    path: '/compute_pool_status/:pool',
    summary: 'What a compute pool has and does now',
    tag,
    params: poolParams,
    reply: poolReply,
    access: 'compute.read',
    handle: (op, { params }) => ({ data: poolElement(figures.status.pool(op, params.pool)) }),
  }),
]

const cells = ({ figures }: StatusServices): Operation[] => [
  operation({
    id: 'compute_cell.status_list',
    method: 'GET',
    path: '/compute_cell_status/:pool',
    summary: 'What each cell of a compute pool has and does now',
    tag,
    params: poolParams,
    reply: v.array(cellReply),
    access: 'compute.read',
    handle: (op, { params }) => ({ data: figures.status.cells(op, params.pool).map(cellElement) }),
  }),
  operation({
    id: 'compute_cell.status',
    method: 'GET',
    path: '/compute_cell_status/:pool/:cell',
    summary: 'What a cell has and does now',
    tag,
    params: cellParams,
    reply: cellReply,
    access: 'compute.read',
    handle: (op, { params }) => ({ data: cellElement(figures.status.cell(op, params.pool, params.cell)) }),
  }),
]

const storagesPath = '/compute_cell_status/:pool/:cell/storages'

const storages = ({ cellStorages }: StatusServices): Operation[] => [
  operation({
    id: 'compute_cell.storages',
    method: 'GET',
    path: storagesPath,
    summary: 'Where the disks of a cell can lie',
    tag,
    params: cellParams,
    reply: v.object({
      mode: v.pipe(
        v.picklist(['local', 'nfs']),
        v.description('`nfs`: on storage that all cells share; `local`: on the cell alone.'),
      ),
      system: texts('Directories of the appliance itself.'),
      data: texts('Where disks can lie; new ones on the first.'),
      default: text('Name of the storage pool of new disks; empty for none.'),
    }),
    access: 'compute.read',
    handle(op, { params }) {
      const { pool, shared, systemPaths, dataPaths } = cellStorages.get(op, params.pool, params.cell)
      const mode = shared ? 'nfs' : 'local'
      return { data: { mode, system: systemPaths, data: dataPaths, default: pool ?? '' } }
    },
  }),
  operation({
    id: 'compute_cell.set_storage',
    method: 'PUT',
    path: storagesPath,
    summary: 'Choose where new disks of a cell land; only where it is the only cell of its pool',
    tag,
    params: cellParams,
    body: v.object({ default: text('A path as the list shows it, or the name of a storage pool.') }),
    access: 'compute.write',
    handle: async (op, { params, body }) =>
      changed(op, await cellStorages.setDefault(op, params.pool, params.cell, body.default)),
  }),
]

interface InstanceStatusRoute {
  id: string
  path: string
  params: typeof poolParams | typeof cellParams
}

function instanceStatus(services: StatusServices, { id, path, params }: InstanceStatusRoute): Operation {
  const { guests, instances, figures, guestNames } = services
  return operation({
    id,
    method: 'GET',
    path,
    summary: 'Instances of a pool or cell, with their figures',
    tag: 'Instances',
    description:
      'All of them, or a part by `limit` and `offset`; the header `X-Total-Count` says how many there are.',
    params,
    query: v.object(partQuery),
    reply: v.array(instanceStatusReply),
    access: 'guest.read',
    handle(op, { params, query }) {
      const { pool, cell } = params as { pool: string; cell?: string }
      figures.status.requirePlace(pool, cell)
      return listed(guests.list(op, { pool, cell, ...query }), (guest) => ({
        ...instanceElement(guest, guestNames, instances.knownFigures(op, guest)),
        monitor_secret: guests.monitorSecret(op, guest.id),
      }))
    },
  })
}
