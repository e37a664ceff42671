import * as v from 'valibot'
import type { StoragePoolRequest } from '../../core/storage-pools/storage-pool.ts'
import type { StoragePools } from '../../core/storage-pools/storage-pools.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'
import { text } from './identity-schemas.ts'
import {
  poolBody,
  poolDetail,
  poolDetailReply,
  poolElement,
  poolReply,
  poolRequest,
} from './storage-pool-wire.ts'

const tag = 'Storage pools'
const path = '/storage_pools/:pool'
const params = v.object({ pool: text('Name of the pool.') })

const type = text(
  '`dir` (or `local`): a directory of this host. `nfs`: an export. `ceph` (or `rbd`): a pool of a Ceph cluster. `iscsi`: the LUNs of a target.',
)

export const storagePoolOperations = ({ storagePools }: { storagePools: StoragePools }): Operation[] => [
  operation({
    id: 'storage_pool.list',
    method: 'GET',
    path: '/storage_pools',
    summary: 'All storage pools',
    tag,
    reply: v.array(poolReply),
    access: 'storage.read',
    handle: (op) => ({ data: storagePools.list(op).map(poolElement) }),
  }),
  operation({
    id: 'storage_pool.get',
    method: 'GET',
    path,
    summary: 'A storage pool with its capacity',
    tag,
    params,
    reply: poolDetailReply,
    access: 'storage.read',
    async handle(op, { params: { pool } }) {
      const view = await storagePools.get(op, pool)
      return { data: poolDetail(view), headers: etag(view.version) }
    },
  }),
  operation({
    id: 'storage_pool.create',
    method: 'POST',
    path,
    summary: 'Create a storage pool; it is probed first, and what fails is told',
    tag,
    params,
    body: v.object({ type, ...poolBody }),
    access: 'storage.write',
    async handle(op, { params: { pool }, body }) {
      const request: StoragePoolRequest = { ...poolRequest(body), type: body.type }
      return changed(op, await storagePools.create(op, pool, request))
    },
  }),
  operation({
    id: 'storage_pool.modify',
    method: 'PUT',
    path,
    summary:
      'Change a storage pool; what is left out stays, but for callers with `Nano-Session`. Where it leads only while it is empty',
    tag,
    params,
    body: v.object({ type: v.optional(type), ...poolBody }),
    access: 'storage.write',
    async handle(op, { params: { pool }, body, header }) {
      // The original's clients send the whole.
      const mode = header('nano-session') === undefined ? 'patch' : 'replace'
      return changed(op, await storagePools.modify(op, pool, poolRequest(body), mode))
    },
  }),
  operation({
    id: 'storage_pool.delete',
    method: 'DELETE',
    path,
    summary: 'Forget a storage pool that nothing uses; what lies there stays',
    tag,
    params,
    access: 'storage.write',
    async handle(op, { params: { pool } }) {
      return changed(op, await storagePools.remove(op, pool))
    },
  }),
]
