import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Lab } from './libvirt.ts'

const serverPath = fileURLToPath(new URL('./web-server.ts', import.meta.url))

/** A web server inside a lab, for guests. */
export type WebFixture = {
  /** `http://ADDRESS:PORT`, as guests reach it. */
  url: string
  /** The paths asked for so far, in order. */
  requests: string[]
  /** Waits until a path was asked for. */
  waitForRequest(path: string, timeoutMs: number): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/**
 * Serves files (path → content) to guests on `address`, which must be one of the lab's: a network's gateway.
 * The placeholder `{url}` in a text is replaced by the server's URL.
 */
export async function serveInside(
  lab: Lab,
  address: string,
  files: Record<string, string>,
): Promise<WebFixture> {
  const dir = await mkdtemp(join(lab.tempDir, 'web-'))
  const server = await lab.spawn(process.execPath, [serverPath, dir, address])
  server.child.stderr?.resume()
  const lines = createInterface({ input: server.child.stdout! })
  const requests: string[] = []
  const port = await new Promise<string>((resolve) => {
    lines.once('line', (line) => {
      resolve(line)
      lines.on('line', (path) => requests.push(path))
    })
  })
  const url = `http://${address}:${port}`
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), content.replaceAll('{url}', url))
  }
  return {
    url,
    requests,
    waitForRequest: (path, timeoutMs) => waitFor(requests, path, timeoutMs),
    async stop() {
      server.kill('SIGKILL')
      await rm(dir, { recursive: true })
    },
  }
}

async function waitFor(requests: string[], path: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!requests.includes(path)) {
    if (performance.now() > deadline)
      throw new Error(`nobody asked for ${path} in ${timeoutMs} ms, only ${requests.join(' ')}`)
    await delay(50)
  }
}

/**
 * The files of a network boot that a guest can be given as `source` = `URL/boot.ipxe`: the script fetches
 * `/loaded-<mac with hyphens>`, which proves that it ran, and ends, so that the guest goes on to its next device.
 */
export const netbootFiles: Record<string, string> = {
  'boot.ipxe': '#!ipxe\nimgfetch {url}/loaded-${' + 'netX/mac:hexhyp}\nexit\n',
}

/** The path that `netbootFiles` make a guest ask for. */
export function loadedPath(mac: string): string {
  return `/loaded-${mac.toLowerCase().replaceAll(':', '-')}`
}
