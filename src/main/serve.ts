import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { type Config, type Flags, loadConfig } from '../config.ts'
import { type Principal, systemContext, systemPrincipal } from '../core/context.ts'
import { makeRoomToStart } from '../core/state-disk/state-disk.ts'
import { type AppDeps, createApp } from '../http/app.ts'
import { listenControl } from '../http/control.ts'
import { createMetrics } from '../http/metrics.ts'
import { proxyList } from '../http/request-context.ts'
import { type RunningServer, startServer } from '../http/server.ts'
import { createSockets } from '../http/sockets/sockets.ts'
import type { CertificateSource } from '../http/tls/certificate-source.ts'
import { givenCertificate } from '../http/tls/given-certificate.ts'
import { hostNames } from '../http/tls/host-names.ts'
import { keepFresh } from '../http/tls/keep-fresh.ts'
import { authorityPath, ownCertificate } from '../http/tls/own-certificate.ts'
import { version } from '../packaging/version.ts'
import { type Appliance, createAppliance } from './appliance.ts'
import { type BringUp, bringUp } from './bring-up.ts'
import { createDrivers } from './drivers.ts'
import { gauges } from './gauges.ts'
import { controlPath, localCredential } from './local-call.ts'
import { createLog, type RootLog } from './log.ts'
import { closedBy, gated, mainOperations } from './operations.ts'
import { claimDataDir } from './single-instance.ts'
import { giveBackStartUpMemory } from './start-up-memory.ts'

/** What the first callers are given before the bring-up takes the processor. */
const firstAnswersMs = 100
/** Time that requests have to end after SIGTERM. */
const drainMs = 10_000

/** Runs the appliance until it is told to stop. Guests run on. */
export async function serve(flags: Flags, env: NodeJS.ProcessEnv): Promise<void> {
  const config = loadConfig(flags, env)
  // Files are private unless somebody says otherwise.
  process.umask(0o077)
  await claimDataDir(config.dataDir)
  const log = createLog(config)
  const stopping = new AbortController()
  const drivers = createDrivers({ uri: config.libvirtUri, dataDir: config.dataDir, log })
  await makeRoomToStart(drivers.stateDisk)
  const appliance = createAppliance({ dataDir: config.dataDir, cellName: config.cellName, drivers, log })
  log.info({ version: version.version, dataDir: config.dataDir, ...appliance.migrated }, 'nacelle starts')
  const certificate =
    config.listen.scheme === 'https' ? await certificateOf(config, appliance, log) : undefined
  await prepareIdentity(appliance, env, log)
  let up: BringUp | undefined
  const waitingFor = () => (up ? up.waitingFor() : 'the appliance is starting')
  const server = await listen({ config, appliance, certificate, waitingFor, stopping, log })
  onSignals({ flags, env, certificate, log }, () => shutDown({ server, appliance, up }))
  if (certificate) keepFresh(certificate, log, stopping.signal)
  announce(config, appliance, server)
  // The bring-up starts a dozen processes: whoever waits for the first answer need not wait for those.
  await delay(firstAnswersMs)
  if (stopping.signal.aborted) return
  up = bringUp(appliance, config.dataDir, stopping.signal)
  giveBackStartUpMemory()
}

function certificateOf(config: Config, appliance: Appliance, log: RootLog): Promise<CertificateSource> {
  if (config.tlsCertificate && config.tlsKey) return givenCertificate(config.tlsCertificate, config.tlsKey)
  return ownCertificate({ directory: appliance.dirs.tls, hostname: hostname(), names: hostNames, log })
}

async function prepareIdentity({ identity }: Appliance, env: NodeJS.ProcessEnv, log: RootLog): Promise<void> {
  const op = systemContext(log)
  await identity.setup.prepare(op)
  const password = env['NACELLE_ADMIN_PASSWORD']
  if (!password || !identity.setup.needed()) return
  await identity.setup.makeAdministrator(op, { user: 'admin', password })
  log.info({}, "made the first administrator 'admin' from NACELLE_ADMIN_PASSWORD")
}

interface Listening {
  config: Config
  appliance: Appliance
  certificate: CertificateSource | undefined
  waitingFor(): string | undefined
  stopping: AbortController
  log: RootLog
}

async function listen({
  config,
  appliance,
  certificate,
  waitingFor,
  stopping,
  log,
}: Listening): Promise<RunningServer> {
  const { identity, channels, zone, stateDisk } = appliance
  const deps: AppDeps = {
    operations: gated(mainOperations(appliance, config), { waitingFor, closed: closedBy(appliance) }),
    metrics: createMetrics(gauges(appliance)),
    resolve: identity.resolve,
    feed: zone,
    ownershipOf: identity.ownershipOf,
    log,
    proxies: proxyList(config.trustedProxies),
    stopping: stopping.signal,
    checks: {
      database: () => void zone.revision(),
      appliance: () => {
        const reason = waitingFor()
        if (reason) throw new Error(reason)
      },
      state_disk: () => {
        const reason = stateDisk.refusal()
        if (reason) throw new Error(reason)
      },
      hypervisor: async () => void (await appliance.drivers.hypervisor.list()),
    },
  }
  const local = {
    ...deps,
    resolve: (credential: string) => (credential === localCredential ? root : undefined),
  }
  const { host, port } = config.listen
  const sockets = createSockets({ consume: channels.consume, log })
  const server = await startServer({ app: createApp(deps), host, port, certificate, sockets, log, stopping })
  const closeControl = await listenControl(createApp(local), controlPath(config.dataDir))
  return {
    ...server,
    async close(limitMs) {
      await closeControl()
      await server.close(limitMs)
    },
  }
}

const root: Principal = { ...systemPrincipal, name: 'root' }

/** What the person at the terminal needs next. */
function announce(config: Config, { identity, dirs }: Appliance, server: RunningServer): void {
  const own = config.listen.scheme === 'https' && !config.tlsCertificate
  const host = ['0.0.0.0', '::'].includes(config.listen.host) ? hostname() : new URL(server.url).hostname
  const url = `${config.listen.scheme}://${host}:${server.port}`
  const trust = own ? `--cacert ${authorityPath(dirs.tls)} ` : ''
  const lines = [
    `Nacelle ${version.version} listens on ${server.url}`,
    `  UI   ${url}/ui/`,
    `  API  curl ${trust}${url}/api/v1/system/`,
  ]
  if (identity.setup.needed()) {
    const code = identity.setup.issueCode()
    lines.push(
      `  Set up the first administrator with the one-time code ${code}:`,
      `       curl ${trust}${url}/api/v1/system/ -d '{"code":"${code}","user":"admin","password":"…"}'`,
    )
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}

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

interface ShuttingDown {
  server: RunningServer
  appliance: Appliance
  /** Undefined where it was told to stop before it was brought up. */
  up: BringUp | undefined
}

async function shutDown({ server, appliance, up }: ShuttingDown): Promise<void> {
  await server.close(drainMs)
  await up?.done
  await appliance.reconcilers.stop()
  await appliance.tasks.stop()
  await appliance.outbox.stop()
  appliance.identity.close()
  appliance.database.close()
}
