import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Config, type Flags, loadConfig } from '../config.ts'
import { makeRoomToStart } from '../core/state-disk/state-disk.ts'
import { createStateDisk } from '../drivers/host/reserve.ts'
import { createFront } from '../http/front.ts'
import { type RunningServer, startServer } from '../http/server.ts'
import type { CertificateSource } from '../http/tls/certificate-source.ts'
import { givenCertificate } from '../http/tls/given-certificate.ts'
import { hostNames } from '../http/tls/host-names.ts'
import { keepFresh } from '../http/tls/keep-fresh.ts'
import { ownCertificate } from '../http/tls/own-certificate.ts'
import { createLog, type RootLog } from './log.ts'
import type { Running } from './running.ts'
import { claimDataDir } from './single-instance.ts'
import { giveBackStartUpMemory } from './start-up-memory.ts'

/** What a probe that waits for the port is given before the rest of the program is loaded, which takes the processor. */
const firstProbeMs = 20
/** What the first callers are given before the bring-up takes the processor. */
const firstAnswersMs = 100
/** Time that requests have to end after SIGTERM. */
const drainMs = 10_000

/** Runs the appliance until it is told to stop. Guests run on. */
export async function serve(flags: Flags, env: NodeJS.ProcessEnv): Promise<void> {
  const { certificate, log, stopping, running } = await start(loadConfig(flags, env), env)
  onSignals({ flags, env, certificate, log }, async () => (await running).stop(drainMs))
  if (certificate) keepFresh(certificate, log, stopping)
  const appliance = await running
  appliance.announce()
  await bringUpLater(appliance, stopping)
}

export interface Started {
  server: RunningServer
  certificate: CertificateSource | undefined
  log: RootLog
  stopping: AbortSignal
  /** Rejects where the record cannot be opened. */
  running: Promise<Running>
}

/**
 * From a configuration to a server that answers; nothing of the host is touched but the data directory. It listens before
 * most of the program is loaded, so that whoever asks meanwhile waits for an answer instead of being refused.
 */
export async function start(config: Config, env: NodeJS.ProcessEnv): Promise<Started> {
  // Files are private unless somebody says otherwise.
  process.umask(0o077)
  await claimDataDir(config.dataDir)
  const log = createLog(config)
  await makeRoomToStart(createStateDisk(config.dataDir))
  const stopping = new AbortController()
  const { scheme, host, port } = config.listen
  const certificate = scheme === 'https' ? await certificateOf(config, log) : undefined
  const front = createFront()
  const server = await startServer({ ...front, host, port, certificate, log, stopping })
  const running = Promise.race([front.asked, delay(firstProbeMs)]).then(async () => {
    const { run } = await import('./running.ts')
    return run({ config, env, server, front, certificate, log, stopping: stopping.signal })
  })
  return { server, certificate, log, stopping: stopping.signal, running }
}

/** The bring-up starts a dozen processes: whoever waits for the first answer need not wait for those. */
async function bringUpLater(running: Running, stopping: AbortSignal): Promise<void> {
  await delay(firstAnswersMs)
  if (stopping.aborted) return
  running.bringUp()
  giveBackStartUpMemory()
}

function certificateOf(config: Config, log: RootLog): Promise<CertificateSource> {
  if (config.tlsCertificate && config.tlsKey) return givenCertificate(config.tlsCertificate, config.tlsKey)
  return ownCertificate({ directory: tlsDirectory(config), hostname: hostname(), names: hostNames, log })
}

const tlsDirectory = ({ dataDir }: Config): string => join(dataDir, 'tls')

interface Reload {
  flags: Flags
  env: NodeJS.ProcessEnv
  certificate: CertificateSource | undefined
  log: RootLog
}

function onSignals(reload: Reload, stop: () => Promise<void>): void {
  let stopped = false
  const end = (signal: string) => {
    if (stopped) return
    stopped = true
    reload.log.info({ signal }, 'stopping; guests run on')
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        reload.log.error({ err: error }, 'the appliance could not stop cleanly')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => end('SIGTERM'))
  process.on('SIGINT', () => end('SIGINT'))
  process.on('SIGHUP', () => void reloadNow(reload))
}

/** The log level and the certificate; the rest of the file needs a restart. */
async function reloadNow({ flags, env, certificate, log }: Reload): Promise<void> {
  try {
    log.level = loadConfig(flags, env).logLevel
    await certificate?.refresh()
    log.info({ logLevel: log.level }, 'the log level and the certificate were read again')
  } catch (error) {
    log.error({ err: error }, 'the configuration could not be read again; what holds stays')
  }
}
