import { join } from 'node:path'
import { AppError } from '../../core/errors.ts'
import type { StoragePool } from '../../core/storage-pools/storage-pool.ts'
import type { StoreAccess } from '../../core/volumes.ts'
import { mountOptions } from './mount-options.ts'
import { NfsStore } from './nfs-store.ts'

const nfsPort = 2049

/** `workerCommand`: program and arguments of a storage worker, without the directory that comes last. */
export function openNfsStore(
  { name, host, target, options }: StoragePool,
  { directory }: StoreAccess,
  workerCommand: readonly string[],
): NfsStore {
  if (options.type !== 'nfs') throw new AppError('invalid', `pool '${name}' is not a NFS pool`)
  const joined = mountOptions(options.mountOptions)
  const port = Number(/(?:^|,)port=(\d+)/.exec(joined)?.[1] ?? nfsPort)
  const request = { host, target, options: joined, directory: join(directory, 'mount') }
  return new NfsStore({ request, port, workerCommand })
}
