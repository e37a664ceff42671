// A storage worker whose file system can be lost: while DIRECTORY/lost exists, everything hangs. hanging-worker.ts DIRECTORY
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { VolumeStore } from '../../src/core/volumes.ts'
import { serveStore } from '../../src/drivers/nfs/serve.ts'

const root = process.argv.at(-1) ?? ''
const touch = async () => {
  if (existsSync(join(root, 'lost'))) await new Promise(() => undefined)
}
const store = {
  async usage() {
    await touch()
    return { totalBytes: process.pid, freeBytes: 0, quarantinedBytes: 0 }
  },
  async list(): Promise<never> {
    console.error('out of memory')
    process.exit(3)
  },
  // Slow, but the server is there.
  copy: () => new Promise((resolve) => setTimeout(resolve, 4_000)),
} as unknown as VolumeStore
await serveStore({
  store,
  inspector: { inspect: async () => ({ format: 'raw', virtualSizeBytes: 0 }) },
  root,
  look: touch,
  input: process.stdin,
  output: process.stdout,
})
