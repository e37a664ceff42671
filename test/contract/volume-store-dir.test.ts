import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DirStore } from '../../src/drivers/dir/dir-store.ts'
import { runVolumeStoreContract } from './volume-store-contract.ts'

/** For the process that is killed. */
export const open = (directory: unknown) => new DirStore(String(directory))

if (!process.argv[1]?.includes('volume-store-child'))
  runVolumeStoreContract('directory', {
    async create() {
      const directory = await mkdtemp(join(tmpdir(), 'nacelle-pool-'))
      return {
        store: new DirStore(directory),
        module: import.meta.url,
        argument: directory,
        close: () => rm(directory, { recursive: true }),
      }
    },
  })
