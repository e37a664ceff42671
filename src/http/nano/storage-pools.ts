import * as v from 'valibot'
import type { StoragePoolView, VisibleStoragePool } from '../../core/storage-pools/storage-pool.ts'
import type { StoragePools } from '../../core/storage-pools/storage-pools.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'
import { timeText } from './guest-wire.ts'
import { text } from './identity-schemas.ts'

const tag = 'Storage pools'
const path = '/storage_pools/:pool'
const params = v.object({ pool: text('Name of the pool.') })

const type = text('`dir`: a directory of this host.')
const host = v.nullable(text('Host that serves it; empty for a directory.'))
const target = text('Absolute path of the directory.')

const poolReply = v.object({ name: v.string(), type: v.string(), host: v.string(), target: v.string() })

const capabilitiesReply = v.object({
  shared: v.boolean(),
  thin_clone: v.boolean(),
  snapshot: v.boolean(),
  snapshots: v.picklist(['layers', 'native', 'none']),
  online_resize: v.boolean(),
  incremental: v.boolean(),
})

const detailReply = v.object({
  ...poolReply.entries,
  create_time: v.string(),
  capabilities: capabilitiesReply,
  total: v.pipe(v.number(), v.description('Bytes; 0 when the pool does not answer.')),
  free: v.pipe(v.number(), v.description('Bytes, without what lies in quarantine.')),
  quarantined: v.pipe(
    v.number(),
    v.description('Bytes of deleted volumes; given free when a creation needs them.'),
  ),
  error: v.pipe(v.string(), v.description('Why the pool does not answer; empty when it does.')),
})

const element = ({ name, type, host, target }: VisibleStoragePool) => ({ name, type, host, target })

const detail = (pool: StoragePoolView) => ({
  ...element(pool),
  create_time: timeText(pool.createdAt),
  capabilities: {
    shared: pool.capabilities.shared,
    thin_clone: pool.capabilities.thinClone,
    snapshot: pool.capabilities.snapshots !== 'none',
    snapshots: pool.capabilities.snapshots,
    online_resize: pool.capabilities.onlineResize,
    incremental: pool.capabilities.incremental,
  },
  total: pool.usage?.totalBytes ?? 0,
  free: pool.usage?.freeBytes ?? 0,
  quarantined: pool.usage?.quarantinedBytes ?? 0,
  error: pool.error ?? '',
})

export const storagePoolOperations = ({ storagePools }: { storagePools: StoragePools }): Operation[] => [
  operation({
    id: 'storage_pool.list',
    method: 'GET',
    path: '/storage_pools',
    summary: 'All storage pools',
    tag,
    reply: v.array(poolReply),
    access: 'storage.read',
    handle: (op) => ({ data: storagePools.list(op).map(element) }),
  }),
  operation({
    id: 'storage_pool.get',
    method: 'GET',
    path,
    summary: 'A storage pool with its capacity',
    tag,
    params,
    reply: detailReply,
    access: 'storage.read',
    async handle(op, { params: { pool } }) {
      const view = await storagePools.get(op, pool)
      return { data: detail(view), headers: etag(view.version) }
    },
  }),
  operation({
    id: 'storage_pool.create',
    method: 'POST',
    path,
    summary: 'Create a storage pool; its directory is made if it is not there',
    tag,
    params,
    body: v.object({ type, host: v.optional(host), target }),
    access: 'storage.write',
    async handle(op, { params: { pool }, body }) {
      const request = { ...body, host: body.host ?? '' }
      return changed(op, await storagePools.create(op, pool, request))
    },
  }),
  operation({
    id: 'storage_pool.modify',
    method: 'PUT',
    path,
    summary: 'Change a storage pool; what is left out stays. Its directory only while it is empty',
    tag,
    params,
    body: v.object({ type: v.optional(type), host: v.optional(host), target: v.optional(target) }),
    access: 'storage.write',
    async handle(op, { params: { pool }, body }) {
      return changed(op, await storagePools.modify(op, pool, { ...body, host: body.host ?? undefined }))
    },
  }),
  operation({
    id: 'storage_pool.delete',
    method: 'DELETE',
    path,
    summary: 'Forget a storage pool that holds nothing; its directory stays',
    tag,
    params,
    access: 'storage.write',
    async handle(op, { params: { pool } }) {
      return changed(op, await storagePools.remove(op, pool))
    },
  }),
]
