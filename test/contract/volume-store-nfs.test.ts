// Through the real worker process; only the mount is replaced, by a directory of this machine.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NfsStore } from '../../src/drivers/nfs/nfs-store.ts'
import { storeWorkerCommand } from '../../src/main/worker-command.ts'
import { runVolumeStoreContract } from './volume-store-contract.ts'

/** For the process that is killed, too: its worker dies with it. */
export const open = (directory: unknown) =>
  new NfsStore({
    request: { host: '127.0.0.1', target: '/srv/export', options: '', directory: String(directory) },
    port: 2049,
    workerCommand: storeWorkerCommand,
    mounting: { mount: async () => undefined, unmount: async () => undefined, isMounted: async () => true },
  })

if (!process.argv[1]?.includes('volume-store-child')) {
  console.log(
    'NFS: this kernel may have no NFS client, so a directory stands in for the mount here and all above it is real; ' +
      'the mount is proved in a guest whose kernel has one, test/full/nested-nfs.test.ts',
  )
  runVolumeStoreContract('NFS', {
    // Each cut starts a process anew; one of them is enough with every run.
    cuts: [0.5],
    async create() {
      const directory = await mkdtemp(join(tmpdir(), 'nacelle-nfs-'))
      const store = open(directory)
      return {
        store,
        module: import.meta.url,
        argument: directory,
        async close() {
          await store.release()
          await rm(directory, { recursive: true })
        },
      }
    },
  })
}
