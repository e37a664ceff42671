import { dirname } from 'node:path'
import { portalOf } from '../core/storage-pools/iscsi-type.ts'
import { monitorsOf } from '../core/storage-pools/rbd-type.ts'
import type { StoragePool } from '../core/storage-pools/storage-pool.ts'
import type { ImageInspector, StoreAccess, VolumeStore } from '../core/volumes.ts'
import { DirStore } from '../drivers/dir/dir-store.ts'
import { lookAtIscsiHost, openIscsiStore } from '../drivers/iscsi/open.ts'
import type { NfsStore } from '../drivers/nfs/nfs-store.ts'
import { openNfsStore } from '../drivers/nfs/open.ts'
import { createRbdStore } from '../drivers/rbd/rbd-store.ts'
import { storeWorkerCommand } from './worker-command.ts'

const iscsiHost = lookAtIscsiHost()

/** By the directory that they are mounted at. */
const mounted = new Map<string, NfsStore>()

/** The back end of each type of pool. */
const factories: Record<StoragePool['type'], (pool: StoragePool, access: StoreAccess) => VolumeStore> = {
  dir: (pool) => new DirStore(pool.target),
  nfs: openMounted,
  rbd: (pool, access) => createRbdStore(pool, access, monitorsOf(pool.host)),
  iscsi: (pool, access) => openIscsiStore(pool, access, { host: iscsiHost, portal: portalOf(pool.host) }),
}

export const openStore = (pool: StoragePool, access: StoreAccess): VolumeStore =>
  factories[pool.type](pool, access)

function openMounted(pool: StoragePool, access: StoreAccess): NfsStore {
  const store = openNfsStore(pool, access, storeWorkerCommand)
  mounted.set(store.root, store)
  return store
}

/** Files of a mounted pool are looked at where they may hang: in that pool's worker. */
export const inspectorOf = (local: ImageInspector): ImageInspector => ({
  inspect: (path) => (mounted.get(dirname(path)) ?? local).inspect(path),
})
