import { createHash } from 'node:crypto'
import { createServer } from 'node:net'

/** Name of the abstract socket that marks a running appliance on the data directory, without its leading NUL. */
export const lockName = (dataDir: string): string =>
  `nacelle-${createHash('sha256').update(dataDir).digest('hex').slice(0, 32)}`

/**
 * Two processes on one data directory would both run its tasks. An abstract socket is the lock: the kernel frees it
 * however the process ends.
 */
export async function claimDataDir(dataDir: string): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`another nacelle is running on ${dataDir}; stop it first, or choose another --data-dir`)
          : error,
      ),
    )
    server.listen(`\0${lockName(dataDir)}`, resolve)
  })
  server.unref()
}
