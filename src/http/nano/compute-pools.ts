import * as v from 'valibot'
import type { ComputePoolRequest, ComputePoolView } from '../../core/compute-pools/compute-pool.ts'
import type { ComputePools } from '../../core/compute-pools/compute-pools.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'

const tag = 'Compute pools'
const path = '/compute_pools/:pool'

const text = (description: string) => v.pipe(v.string('must be text'), v.description(description))
const flag = (description: string) => v.pipe(v.boolean('must be true or false'), v.description(description))

const params = v.object({ pool: text('Name of the pool.') })

/** The original's clients write the empty text for none. */
const nameOrNone = (description: string) =>
  v.pipe(
    v.nullable(text(description)),
    v.transform((name) => (name === '' ? null : name)),
  )

const parts = {
  network_mode: v.optional(
    v.pipe(
      v.picklist(['plain', 'share', 'mono'], 'must be plain, share or mono'),
      v.description(
        'How guests of the pool are connected: plain on a bridge of the cell, share behind NAT with forwarded ports, ' +
          'mono behind NAT with an external address each.',
      ),
    ),
  ),
  storage: v.optional(nameOrNone('Storage pool for new disks; empty for none.')),
  network: v.optional(nameOrNone('Address pool of new guests; empty for none.')),
  failover: v.optional(flag('Start guests elsewhere when their cell dies; needs shared storage.')),
}
const createBody = v.object({
  cells: v.optional(v.array(text('Name of a cell of no pool.'), 'must be a list of names'), []),
  ...parts,
})
const modifyBody = v.object({
  enable: v.optional(flag('A disabled pool keeps its guests and takes no new ones.')),
  ...parts,
})

const poolReply = v.pipe(
  v.object({
    name: v.string(),
    enabled: v.boolean(),
    cells: v.number(),
    network: v.string(),
    storage: v.string(),
    failover: v.boolean(),
    network_mode: v.string(),
  }),
  v.metadata({ ref: 'ComputePool' }),
)

export const computePoolElement = (pool: ComputePoolView) => ({
  name: pool.name,
  enabled: pool.enabled,
  cells: pool.cellCount,
  network: pool.network ?? '',
  storage: pool.storage ?? '',
  failover: pool.failover,
  network_mode: pool.networkMode,
})

interface WireParts {
  network_mode?: 'plain' | 'share' | 'mono'
  storage?: string | null
  network?: string | null
  failover?: boolean
}

const partsOf = ({ network_mode, storage, network, failover }: WireParts): ComputePoolRequest => ({
  networkMode: network_mode,
  storage,
  network,
  failover,
})

export const computePoolOperations = ({ computePools }: { computePools: ComputePools }): Operation[] => [
  operation({
    id: 'compute_pool.list',
    method: 'GET',
    path: '/compute_pools',
    summary: 'All compute pools',
    tag,
    reply: v.array(poolReply),
    access: 'compute.read',
    handle: (op) => ({ data: computePools.list(op).map(computePoolElement) }),
  }),
  operation({
    id: 'compute_pool.get',
    method: 'GET',
    path,
    summary: 'A compute pool',
    tag,
    params,
    reply: poolReply,
    access: 'compute.read',
    handle(op, { params }) {
      const pool = computePools.get(op, params.pool)
      return { data: computePoolElement(pool), headers: etag(pool.version) }
    },
  }),
  operation({
    id: 'compute_pool.create',
    method: 'POST',
    path,
    summary: 'Create a compute pool, with cells that belong to none',
    tag,
    params,
    body: createBody,
    access: 'compute.write',
    async handle(op, { params, body }) {
      const request = { ...partsOf(body), cells: body.cells }
      return changed(op, await computePools.create(op, params.pool, request))
    },
  }),
  operation({
    id: 'compute_pool.modify',
    method: 'PUT',
    path,
    summary: 'Change a compute pool; what is left out stays',
    description:
      'Callers that send `Nano-Session` replace as the original does: of them `storage`, `network` and `failover` are ' +
      'cleared when left out. Network and network mode stay while guests hold addresses, storage while guests have ' +
      'disks on it.',
    tag,
    params,
    body: modifyBody,
    access: 'compute.write',
    async handle(op, { params, body, header }) {
      const isOriginal = (header('nano-session') ?? '').trim() !== ''
      const parts = partsOf(isOriginal ? { storage: null, network: null, failover: false, ...body } : body)
      const request = { ...parts, enabled: body.enable }
      return changed(op, await computePools.modify(op, params.pool, request))
    },
  }),
  operation({
    id: 'compute_pool.delete',
    method: 'DELETE',
    path,
    summary: 'Delete a compute pool without cells and guests',
    tag,
    params,
    access: 'compute.write',
    async handle(op, { params }) {
      return changed(op, await computePools.remove(op, params.pool))
    },
  }),
]
