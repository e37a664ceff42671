import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DirStore } from '../../src/drivers/dir/dir-store.ts'
import { run } from '../../src/drivers/exec.ts'
import { SimulatedVolumes } from '../../src/drivers/simulated/volumes.ts'
import { runVolumeContract } from './volumes.ts'

runVolumeContract('directory', {
  async create() {
    const directory = await mkdtemp(join(tmpdir(), 'nacelle-pool-'))
    const io = async (name: string, command: string) => {
      const format = name.endsWith('.qcow2') ? 'qcow2' : 'raw'
      return (await run('qemu-io', ['-f', format, '-c', command, join(directory, name)])).stdout
    }
    return {
      store: new DirStore(directory),
      leavePartial: (name) => writeFile(join(directory, `${name}.partial`), 'half'),
      async writeAt(name, offset, byte) {
        await io(name, `write -P ${byte} ${offset} 4096`)
      },
      async readAt(name, offset) {
        const line = /: +([0-9a-f]{2})/.exec(await io(name, `read -v ${offset} 16`))
        return Number.parseInt(line?.[1] ?? '', 16)
      },
      close: () => rm(directory, { recursive: true }),
    }
  },
})

runVolumeContract('simulated', {
  async create() {
    let crashing = false
    const store = new SimulatedVolumes({
      before({ phase }) {
        if (crashing && phase === 'publish') throw new Error('killed')
      },
    })
    return {
      store,
      async leavePartial(name) {
        const kept = store.inUse.get(name)
        store.inUse.delete(name)
        crashing = true
        await store.create(name, { sizeBytes: 1, format: 'qcow2' }).catch(() => undefined)
        crashing = false
        if (kept) store.inUse.set(name, kept)
      },
      close: async () => undefined,
    }
  },
})
