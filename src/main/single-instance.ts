import { createHash } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Two processes on one data directory would both run its tasks. An abstract socket is the lock: the kernel frees it
 * however the process ends.
 */
export async function claimDataDir(dataDir: string): Promise<void> {
  const digest = createHash('sha256').update(dataDir).digest('hex').slice(0, 32)
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`another nacelle is running on ${dataDir}; stop it first, or choose another --data-dir`)
          : error,
      ),
    )
    server.listen(`\0nacelle-${digest}`, resolve)
  })
  server.unref()
}
