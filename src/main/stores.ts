import { AppError } from '../core/errors.ts'
import type { StoragePool } from '../core/storage-pools/storage-pool.ts'
import type { StoreAccess, VolumeStore } from '../core/volumes.ts'
import { DirStore } from '../drivers/dir/dir-store.ts'

/** The back end of each type of pool. */
const factories: Record<StoragePool['type'], (pool: StoragePool, access: StoreAccess) => VolumeStore> = {
  dir: (pool) => new DirStore(pool.target),
  nfs: missing,
  rbd: missing,
  iscsi: missing,
}

export const openStore = (pool: StoragePool, access: StoreAccess): VolumeStore =>
  factories[pool.type](pool, access)

function missing(pool: StoragePool): VolumeStore {
  throw new AppError('unsupported', `this build has no driver for storage pools of type '${pool.type}'`, {
    field: 'type',
  })
}
