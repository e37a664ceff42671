import { chmod, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Hono } from 'hono'
import type { HttpEnv } from './request-context.ts'
import { responder } from './respond.ts'

/**
 * The same API on a unix socket that only root may open: how the command line reaches the running appliance. Returns how
 * to close it.
 */
export async function listenControl(app: Hono<HttpEnv>, path: string): Promise<() => Promise<void>> {
  // What a killed process left; the data directory is ours alone by now.
  await rm(path, { force: true })
  const server = createServer(responder(app))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await chmod(path, 0o600)
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
}
