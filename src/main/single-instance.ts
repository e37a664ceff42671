import { createHash } from 'node:crypto'
import { mkdir, stat } from 'node:fs/promises'
import { createServer } from 'node:net'

/**
 * Name of the abstract socket that marks a running appliance on the data directory, without its leading NUL. It is made of
 * what the directory is, not of how it is spelled: one reached through a symlink or a bind mount has the same. A directory
 * that does not exist has a name that nobody holds.
 */
export async function lockName(dataDir: string): Promise<string> {
  const identity = await stat(dataDir, { bigint: true }).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => dataDir,
  )
  return `nacelle-${createHash('sha256').update(identity).digest('hex').slice(0, 32)}`
}

/**
 * Two processes on one data directory would both run its tasks. An abstract socket is the lock: the kernel frees it
 * however the process ends. Makes the directory where there is none. Throws when another process holds it.
 */
export async function claimDataDir(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const name = await lockName(dataDir)
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`another nacelle is running on ${dataDir}; stop it first, or choose another --data-dir`)
          : error,
      ),
    )
    server.listen(`\0${name}`, resolve)
  })
  server.unref()
}
