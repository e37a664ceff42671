import { hostname } from 'node:os'
import type { Config } from '../config.ts'
import { type Principal, systemContext, systemPrincipal } from '../core/context.ts'
import { createLiveFeed } from '../core/guests/live-feed.ts'
import { createTaskFeed } from '../core/tasks/feed.ts'
import { type AppDeps, createApp } from '../http/app.ts'
import { listenControl } from '../http/control.ts'
import type { Front } from '../http/front.ts'
import { createMetrics } from '../http/metrics.ts'
import { proxyList } from '../http/request-context.ts'
import { responder } from '../http/respond.ts'
import type { RunningServer } from '../http/server.ts'
import { createSockets } from '../http/sockets/sockets.ts'
import type { CertificateSource } from '../http/tls/certificate-source.ts'
import { authorityPath } from '../http/tls/own-certificate.ts'
import { version } from '../packaging/version.ts'
import { type Appliance, createAppliance } from './appliance.ts'
import { type BringUp, bringUp } from './bring-up.ts'
import { createDrivers } from './drivers.ts'
import { gauges } from './gauges.ts'
import { controlPath, localCredential } from './local-call.ts'
import type { RootLog } from './log.ts'
import { closedBy, gated, mainOperations, type Surroundings } from './operations.ts'

/** Everything behind the listening socket. */
export interface Running {
  /** Tells the person at the terminal where it listens and what comes next. */
  announce(): void
  /** Takes up what was cut, and begins to accept changes. */
  bringUp(): void
  /** Ends requests and background work; guests run on. */
  stop(drainMs: number): Promise<void>
}

export interface RunOptions {
  config: Config
  env: NodeJS.ProcessEnv
  server: RunningServer
  /** Opened as soon as there is somebody to answer. */
  front: Front
  /** Undefined: plain HTTP. */
  certificate: CertificateSource | undefined
  log: RootLog
  stopping: AbortSignal
}

/** Opens the record, answers with it, and says where. The larger part of the program is loaded with this file. */
export async function run(options: RunOptions): Promise<Running> {
  const { config, env, server, front, certificate, log, stopping } = options
  const { dataDir, cellName, libvirtUri } = config
  const drivers = createDrivers({ uri: libvirtUri, dataDir, log })
  const appliance = createAppliance({ dataDir, cellName, drivers, log })
  log.info({ version: version.version, dataDir, ...appliance.migrated }, 'nacelle starts')
  await prepareIdentity(appliance, env, log)
  let up: BringUp | undefined
  const waitingFor = () => (up ? up.waitingFor() : 'the appliance is starting')
  const deps = appDeps({ config, appliance, certificate, waitingFor, stopping, log })
  const sockets = createSockets({ consume: appliance.channels.consume, log })
  front.open({ respond: responder(createApp(deps)), sockets })
  const closeControl = await listenControl(createApp(local(deps)), controlPath(dataDir))
  return {
    announce: () => announce(config, appliance, server),
    bringUp() {
      up = bringUp(appliance, dataDir, stopping)
    },
    async stop(drainMs) {
      await closeControl()
      await server.close(drainMs)
      await up?.done
      await shutDown(appliance)
    },
  }
}

async function prepareIdentity({ identity }: Appliance, env: NodeJS.ProcessEnv, log: RootLog): Promise<void> {
  const op = systemContext(log)
  await identity.setup.prepare(op)
  const password = env['NACELLE_ADMIN_PASSWORD']
  if (!password || !identity.setup.needed()) return
  await identity.setup.makeAdministrator(op, { user: 'admin', password })
  log.info({}, "made the first administrator 'admin' from NACELLE_ADMIN_PASSWORD")
}

export interface Answering extends Surroundings {
  config: Config
  appliance: Appliance
  waitingFor(): string | undefined
  stopping: AbortSignal
  log: RootLog
}

/** What the server answers with. */
export function appDeps(answering: Answering): AppDeps {
  const { config, appliance, certificate, look, waitingFor, stopping, log } = answering
  const { identity, zone, stateDisk } = appliance
  const operations = mainOperations(appliance, config, { certificate, look })
  return {
    operations: gated(operations, { waitingFor, closed: closedBy(appliance) }),
    metrics: createMetrics(gauges(appliance)),
    resolve: identity.resolve,
    feed: zone,
    live: createLiveFeed(appliance),
    tasks: createTaskFeed(appliance),
    ownershipOf: identity.ownershipOf,
    log,
    proxies: proxyList(config.trustedProxies),
    stopping,
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
}

const root: Principal = { ...systemPrincipal, name: 'root' }

const local = (deps: AppDeps): AppDeps => ({
  ...deps,
  resolve: (credential: string) => (credential === localCredential ? root : undefined),
})

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

async function shutDown(appliance: Appliance): Promise<void> {
  await appliance.reconcilers.stop()
  await appliance.tasks.stop()
  await appliance.outbox.stop()
  await appliance.figures.stop()
  appliance.identity.close()
  appliance.database.close()
}
