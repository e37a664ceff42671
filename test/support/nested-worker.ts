// A storage worker whose file calls go to the file system that is mounted in the nested guest, by programs that run there:
// nested-worker.ts DIRECTORY
import type { VolumeStore } from '../../src/core/volumes.ts'
import { run } from '../../src/drivers/exec.ts'
import { serveStore } from '../../src/drivers/nfs/serve.ts'

const root = process.argv.at(-1) ?? ''
const options = { timeoutMs: 0 }
const store = {
  async usage() {
    const { stdout } = await run('stat', ['-f', '-c', '%b %f %s', root], options)
    const [blocks = 0, free = 0, size = 0] = stdout.split(' ').map(Number)
    return { totalBytes: blocks * size, freeBytes: free * size, quarantinedBytes: 0 }
  },
  async create(name: string) {
    await run('dd', ['if=/dev/zero', `of=${root}/${name}`, 'bs=4096', 'count=1', 'conv=fsync'], options)
  },
} as unknown as VolumeStore
await serveStore({
  store,
  inspector: { inspect: async () => ({ format: 'raw', virtualSizeBytes: 0 }) },
  root,
  look: () => run('stat', ['-f', root], options),
  input: process.stdin,
  output: process.stdout,
})
