// The whole appliance on a pretended host, behind a real socket of loopback.
import { loadConfig } from '../../src/config.ts'
import { type Finding, type Report, report } from '../../src/core/doctor/finding.ts'
import { SimulatedVolumes } from '../../src/drivers/simulated/volumes.ts'
import { type AppDeps, createApp } from '../../src/http/app.ts'
import { responder } from '../../src/http/respond.ts'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { createSockets } from '../../src/http/sockets/sockets.ts'
import { appDeps } from '../../src/main/running.ts'
import { listAssets } from '../../src/packaging/assets.ts'
import { version } from '../../src/packaging/version.ts'
import { openTestAppliance, type TestAppliance } from '../support/appliance.ts'
import { quietLog } from '../support/quiet-log.ts'
import { withBuiltPages } from './pages.ts'
import { openScreen, type Screen } from './screen.ts'

export interface UiAppliance {
  /** E.g. `http://127.0.0.1:40123`. */
  url: string
  /** The appliance's inside: services, record and pretended drivers, for tests to look at and to move. */
  world: TestAppliance
  /** Each storage pool's volumes by the pool's name; a new one is empty and large. */
  volumes: Map<string, SimulatedVolumes>
  /** What every guest shows on its graphical console. */
  screen: Screen
  /** What the doctor says; may be changed, of which `/attention` hears when its last look is old. */
  findings: Finding[]
  /** Open event streams at this moment. */
  eventStreams(): number
  /** The next code for the first administrator. */
  setUpCode(): string
  /** Stops listening and cuts every connection, as a restart does; what it returns listens again on the same port. */
  interrupt(): Promise<() => Promise<void>>
  close(): Promise<void>
}

const cutMs = 0
const log = quietLog()

/** An appliance without anybody in it, that is up. */
export async function openUiAppliance(): Promise<UiAppliance> {
  const screen = await openScreen()
  const volumes = new Map<string, SimulatedVolumes>()
  const findings = [...healthy]
  // The doctor looks at the machine that the tests run on; what he says here is the test's.
  const look = async () => report(version.version, findings)
  const world = await openTestAppliance({
    idle: true,
    look,
    displayPath: () => screen.path,
    prepare: (host) => {
      volumes.set('local', host.volumes)
      host.drivers.openStore = ({ name }) => volumesOf(volumes, name)
    },
  })
  const closeAll = async () => {
    await world.close()
    await screen.close()
  }
  try {
    await world.bringUp()
    return await serveOn({ world, volumes, screen, findings, look, closeAll })
  } catch (error) {
    await closeAll()
    throw error
  }
}

interface Opened extends Pick<UiAppliance, 'world' | 'volumes' | 'screen' | 'findings'> {
  look: () => Promise<Report>
  closeAll(): Promise<void>
}

async function serveOn(opened: Opened): Promise<UiAppliance> {
  const { world, volumes, screen, findings, look, closeAll } = opened
  const streams = { open: 0 }
  let stopping = new AbortController()
  const listen = async (port: number) => {
    stopping = new AbortController()
    const deps = depsOf({ world, look, stopping })
    const app = await withBuiltPages(() => withPagesRead(createApp(deps)))
    const sockets = createSockets({ consume: world.appliance.channels.consume, log })
    const respond = counted(responder(app), streams)
    return startServer({ respond, host: '127.0.0.1', port, sockets, log, stopping })
  }
  let server: RunningServer = await listen(0)
  return {
    url: server.url,
    world,
    volumes,
    screen,
    findings,
    eventStreams: () => streams.open,
    setUpCode: () => world.appliance.identity.setup.issueCode(),
    async interrupt() {
      const { port } = server
      await server.close(cutMs)
      return async () => {
        server = await listen(port)
      }
    },
    async close() {
      await server.close(cutMs)
      await closeAll()
    },
  }
}

function volumesOf(all: Map<string, SimulatedVolumes>, pool: string): SimulatedVolumes {
  const found = all.get(pool) ?? new SimulatedVolumes()
  all.set(pool, found)
  return found
}

interface Parts {
  world: TestAppliance
  look: () => Promise<Report>
  stopping: AbortController
}

/** As `nacelle serve` has it, but for the doctor. */
function depsOf({ world, look, stopping }: Parts): AppDeps {
  const { appliance, dataDir } = world
  const flags = { config: '/dev/null', dataDir, listen: 'http://127.0.0.1:0', libvirtUri: 'test:///default' }
  const given = { config: loadConfig(flags, {}), appliance, look, log }
  return appDeps({ ...given, waitingFor: () => undefined, stopping: stopping.signal })
}

/** A page is read when it is first asked for; by then another test file may have built new ones. */
async function withPagesRead(app: ReturnType<typeof createApp>): Promise<typeof app> {
  for (const path of listAssets('web/'))
    for (const encoding of ['br', 'gzip', 'identity'])
      await app.request(`/ui/${path.slice('web/'.length)}`, { headers: { 'accept-encoding': encoding } })
  return app
}

const healthy: readonly Finding[] = [
  { id: 'privileges', state: 'ok', title: 'Privileges', detail: 'runs as root', mend: null },
  {
    id: 'kvm',
    state: 'warning',
    title: 'Hardware virtualization',
    detail: '/dev/kvm is missing: guests are emulated and slow',
    mend: 'modprobe kvm_amd',
  },
  { id: 'tool.virsh', state: 'ok', title: 'virsh', detail: 'virsh 9.0.0', mend: null },
]

/** Counts the event streams that are open. */
function counted(respond: ReturnType<typeof responder>, streams: { open: number }): typeof respond {
  return (request, response) => {
    if (/^(\/api\/v1)?\/events/.test(request.url ?? '')) {
      streams.open += 1
      response.once('close', () => {
        streams.open -= 1
      })
    }
    respond(request, response)
  }
}
