import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { storeWorkerCommand } from '../../main/worker-command.ts'
import { NfsStore } from './nfs-store.ts'

const mib = 1024 ** 2
const totalMib = 64

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test('an upload and a download take the same little memory however long they are', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'nacelle-stream-'))
  const store = new NfsStore({
    request: { host: '127.0.0.1', target: '/srv', options: '', directory },
    port: 2049,
    workerCommand: storeWorkerCommand,
    mounting: { mount: async () => undefined, unmount: async () => undefined, isMounted: async () => true },
  })
  after(async () => {
    await store.release()
    await rm(directory, { recursive: true })
  })
  let most = 0
  const before = process.memoryUsage().arrayBuffers
  // Only what is held counts, and not what waits to be collected.
  const look = (done: number) => {
    if (done % (8 * mib) !== 0) return
    collect()
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  const target = await store.openUpload('long.raw')
  const chunk = Buffer.alloc(mib, 3)
  for (let at = 0; at < totalMib; at++) {
    await target.write(chunk)
    look(at * mib)
  }
  assert.equal((await target.finish()).sizeBytes, totalMib * mib)
  let read = 0
  for await (const piece of (await store.read('long.raw')).stream) {
    read += piece.byteLength
    look(read)
  }
  assert.equal(read, totalMib * mib)
  t.diagnostic(`at most ${Math.round(most / mib)} MiB of buffers held for ${totalMib} MiB`)
  assert.ok(most < 32 * mib, `${Math.round(most / mib)} MiB`)
})
