import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** SHA-256 of a file that still grows, computed by a thread of its own. */
export interface FollowingDigest {
  /** The file is now written up to here. */
  advance(writtenBytes: number): void
  /** Hex digest of the first `sizeBytes`; ends the thread. */
  finish(sizeBytes: number): Promise<string>
  stop(): Promise<void>
}

// Source text and not a module: inside the packaged executable there is no file that a thread could load. The thread
// reads what was just written back from the page cache, so that no chunk is copied or handed between threads, and a
// resumed upload is hashed from its start without the caller's doing anything.
const source = `
const { openSync, readSync } = require('node:fs')
const { createHash } = require('node:crypto')
const { parentPort, workerData } = require('node:worker_threads')
const file = openSync(workerData, 'r')
const hash = createHash('sha256')
const buffer = Buffer.allocUnsafeSlow(256 * 1024)
let position = 0
const follow = (end) => {
  while (position < end) {
    const count = readSync(file, buffer, 0, Math.min(buffer.length, end - position), position)
    if (count === 0) throw new Error('the file ends at ' + position + ', before ' + end)
    hash.update(buffer.subarray(0, count))
    position += count
  }
}
parentPort.on('message', ({ end, last }) => {
  follow(end)
  if (last) parentPort.postMessage(hash.digest('hex'))
})
`

const limits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 }

/** Follows the file at `path`; the thread lives until `finish` or `stop`. */
export function followDigest(path: string): FollowingDigest {
  const worker = new Worker(source, { eval: true, workerData: path, resourceLimits: limits, execArgv: [] })
  let failure: unknown
  worker.on('error', (error) => {
    failure = error
  })
  // An upload that is abandoned must not keep the appliance from ending.
  worker.unref()
  return {
    advance: (writtenBytes) => worker.postMessage({ end: writtenBytes, last: false }),
    async finish(sizeBytes) {
      if (failure) throw failure
      worker.ref()
      worker.postMessage({ end: sizeBytes, last: true })
      const [digest] = await once(worker, 'message')
      await worker.terminate()
      return String(digest)
    },
    async stop() {
      await worker.terminate()
    },
  }
}
