import { mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../config.ts'
import { start } from './serve.ts'

/**
 * Starts on an empty data directory of its own, answers itself and ends, without touching the host: for the build, which
 * keeps what was compiled for it.
 */
export async function rehearse(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nacelle-rehearsal-'))
  try {
    const flags = {
      config: '/dev/null',
      dataDir,
      listen: 'http://127.0.0.1:0',
      libvirtUri: 'test:///default',
    }
    const config = { ...loadConfig(flags, {}), logLevel: 'error' as const }
    const { server, running } = await start(config, {})
    for (const path of ['/healthz', '/api/v1/system/']) await ask(`${server.url}${path}`)
    await (await running).stop(0)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

function ask(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume().once('end', resolve)
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`))
    }).once('error', reject)
  })
}
