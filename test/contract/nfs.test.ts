// The whole contract through the real worker process. Only the mount is replaced, by a directory of this machine.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../src/drivers/exec.ts'
import { NfsStore } from '../../src/drivers/nfs/nfs-store.ts'
import { storeWorkerCommand } from '../../src/main/worker-command.ts'
import { runVolumeContract } from './volumes.ts'

console.log(
  'NFS: this kernel may have no NFS client, so a directory stands in for the mount here; everything above the mount is ' +
    'real. The mount itself is proved in a guest with a kernel that has one: test/full/nested-nfs.test.ts',
)

class StandIn {
  mounted = false
  mounts = 0
  isMounted = async () => this.mounted
  unmount = async () => {
    this.mounted = false
  }
  async mount({ directory }: { directory: string }) {
    await mkdir(directory, { recursive: true })
    this.mounted = true
    this.mounts++
  }
}

const request = (directory: string) => ({
  host: '127.0.0.1',
  target: '/srv/export',
  options: 'hard',
  directory,
})

runVolumeContract('nfs, through its worker', {
  async create() {
    const directory = await mkdtemp(join(tmpdir(), 'nacelle-nfs-'))
    const mounting = new StandIn()
    await mounting.mount({ directory })
    const store = new NfsStore({
      request: request(directory),
      port: 2049,
      workerCommand: storeWorkerCommand,
      mounting,
    })
    const io = async (name: string, command: string) => {
      const format = name.endsWith('.qcow2') ? 'qcow2' : 'raw'
      return (await run('qemu-io', ['-f', format, '-c', command, join(directory, name)])).stdout
    }
    return {
      store,
      leavePartial: (name) => writeFile(join(directory, `${name}.partial`), 'half'),
      async writeAt(name, offset, byte) {
        await io(name, `write -P ${byte} ${offset} 4096`)
      },
      async readAt(name, offset) {
        const line = /: +([0-9a-f]{2})/.exec(await io(name, `read -v ${offset} 16`))
        return Number.parseInt(line?.[1] ?? '', 16)
      },
      async close() {
        await store.release()
        await rm(directory, { recursive: true })
      },
    }
  },
})
