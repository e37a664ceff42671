import { XMLBuilder } from 'fast-xml-parser'
import { AppError } from '../../core/errors.ts'
import {
  type DomainSpec,
  type DomainStats,
  type GuestAgent,
  type Hypervisor,
  type HypervisorFacts,
  sourceLabel,
  type Terminal,
} from '../../core/hypervisor.ts'
import { createCommands } from '../libvirt/commands.ts'
import { createSimulatedAdjust } from './adjust.ts'
import { createSimulatedFilters, type SimulatedFilters } from './filters.ts'
import { createSimulatedForeign } from './foreign.ts'
import { defineDomain, requireFile, startDomain, undefineDomain } from './lifecycle.ts'
import { createSimulatedSnapshots } from './snapshots.ts'
import { has, isActive, type SimulatedDomain, type SimulatedOptions, SimulatedWorld } from './world.ts'

const definitions = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' })

export interface SimulatedHypervisor extends Hypervisor {
  /** The pretended host, for tests to look at and to move. */
  world: SimulatedWorld
  filters: SimulatedFilters
}

/** A hypervisor that behaves but runs nothing; what it holds is gone with it. */
export function createSimulatedHypervisor(options: SimulatedOptions = {}): SimulatedHypervisor {
  const world = new SimulatedWorld(options)
  const filters = createSimulatedFilters(world)
  const displayPath = options.displayPath ?? ((id: string) => `/run/simulated/${id}.sock`)
  return {
    world,
    facts: () => world.call('facts', [], async () => facts(world)),
    define: (spec) =>
      world.call('define', [spec], async () => {
        filters.bring(spec)
        defineDomain(world, spec)
      }),
    undefine: (id) =>
      world.call('undefine', [id], async () => {
        undefineDomain(world, id)
        filters.held.delete(id)
      }),
    start: (spec) =>
      world.call('start', [spec], () => {
        filters.bring(spec)
        return startDomain(world, spec, null)
      }),
    restore: (spec, memoryPath) =>
      world.call('restore', [spec, memoryPath], () => {
        filters.bring(spec)
        return startDomain(world, spec, memoryPath)
      }),
    ...createSimulatedAdjust(world),
    destroy: (id) => world.call('destroy', [id], async () => destroy(world, id)),
    shutdown: (id) => world.call('shutdown', [id], async () => shutdown(world, id)),
    reboot: (id) => world.call('reboot', [id], async () => reboot(world, id, 'reboot')),
    pause: (id) =>
      world.call('pause', [id], async () => {
        const domain = world.running(id)
        // As with libvirt, the reason of the first pause stays.
        if (domain.state === 'paused') return
        domain.state = 'paused'
        domain.pausedBy = { reason: 'user', fullDisks: [] }
        world.emit(id, 'lifecycle', 'Suspended Paused')
      }),
    resume: (id) =>
      world.call('resume', [id], async () => {
        const domain = world.running(id)
        domain.state = 'running'
        delete domain.pausedBy
        world.emit(id, 'lifecycle', 'Resumed Unpaused')
      }),
    reset: (id) => world.call('reset', [id], async () => reboot(world, id, 'reset')),
    state: (id) => world.call('state', [id], async () => world.domains.get(id)?.state ?? 'absent'),
    stateReason: (id) =>
      world.call('stateReason', [id], async () => {
        const { state, pausedBy } = world.find(id)
        const none = { reason: '', fullDisks: [] }
        return { state, ...(state === 'paused' ? (pausedBy ?? none) : none) }
      }),
    definition: (id) =>
      world.call('definition', [id], async () => {
        const { name } = world.find(id)
        return definitions.build({ domain: { '@type': 'simulated', name, uuid: id } })
      }),
    list: () =>
      world.call('list', [], async () =>
        [...world.domains.values()].map(({ id, name, state }) => ({ id, name, state })),
      ),
    stats: (ids) => world.call('stats', [ids], async () => stats(world, ids)),
    changeMedia: (id, source) =>
      world.call('changeMedia', [id, source], async () => {
        const domain = world.running(id)
        if (source?.kind === 'file') await requireFile(world, source.path, 'medium')
        domain.mediaPath = source ? sourceLabel(source) : null
        world.emit(id, 'device', 'tray change')
      }),
    resizeDisk: (id, target, sizeBytes) =>
      world.call('resizeDisk', [id, target, sizeBytes], async () => requireDisk(world.running(id), target)),
    display: (id) =>
      world.call('display', [id], async () => {
        const { live } = world.running(id)
        if (live?.display.kind === 'tcp') return { kind: 'tcp', host: live.display.listen, port: 5900 }
        return { kind: 'unix', path: displayPath(id) }
      }),
    serial: (id) => world.call('serial', [id], async () => openTerminal(world.running(id))),
    agent: createAgent(world),
    // Of libvirt's driver, which it stands for.
    commands: createCommands('qemu:///system'),
    filters,
    snapshots: createSimulatedSnapshots(world),
    foreign: createSimulatedForeign(world),
    watch: (listener, signal) => world.subscribe(listener, signal),
  }
}

function facts(world: SimulatedWorld): HypervisorFacts {
  return {
    accelerator: 'tcg',
    acceleratorReason: 'this hypervisor is simulated',
    machines: { q35: 'pc-q35-7.2', pc: 'pc-i440fx-7.2' },
    architecture: 'x86_64',
    libvirtVersion: '9.0.0',
    qemuVersion: '7.2.22',
    hostCores: 8,
    hostMemoryBytes: world.hostMemoryBytes,
    uefi: true,
    nvramTemplate: '/usr/share/OVMF/OVMF_VARS_4M.fd',
    secureNvramTemplate: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd',
    tpm: true,
  }
}

function destroy(world: SimulatedWorld, id: string): void {
  const domain = world.domains.get(id)
  if (!domain || !isActive(domain)) return
  if (has(domain, 'fail-destroy')) throw new Error(`simulated: '${domain.name}' cannot be destroyed`)
  world.end(domain, 'Stopped Destroyed')
}

function shutdown(world: SimulatedWorld, id: string): void {
  const domain = world.domains.get(id)
  if (!domain || !isActive(domain)) return
  domain.requested = 'stopped'
  // As with libvirt, the guest counts as running until its system has really begun to power off.
  if (has(domain, 'hang-stop')) return
  world.later(id, () => world.end(domain, 'Stopped Shutdown'))
}

function reboot(world: SimulatedWorld, id: string, how: 'reboot' | 'reset'): void {
  const domain = world.running(id)
  domain.agentConnected = false
  domain.restoredFrom = null
  world.emit(id, 'reboot', how)
  if (has(domain, 'no-agent')) return
  world.later(id, () => {
    domain.agentConnected = true
    world.emit(id, 'agent', 'connected')
  })
}

function stats(world: SimulatedWorld, ids: readonly string[] | undefined): DomainStats[] {
  const wanted = [...world.domains.values()].filter(
    (domain) => isActive(domain) && (ids === undefined || ids.includes(domain.id)),
  )
  return wanted.map((domain) => {
    const seconds = (Date.now() - domain.startedAtMs) / 1000
    const cores = domain.live?.cores ?? 0
    return {
      id: domain.id,
      state: domain.state,
      // A tenth of each core.
      cpuTimeNs: Math.round(seconds * cores * 1e8),
      cores,
      memoryBytes: domain.live?.memoryBytes ?? 0,
      memoryAvailableBytes: Math.round((domain.live?.memoryBytes ?? 0) / 2),
      bytesRead: Math.round(seconds * 4096),
      bytesWritten: Math.round(seconds * 8192),
      readOperations: Math.round(seconds),
      writeOperations: Math.round(seconds * 2),
      bytesReceived: Math.round(seconds * 1000),
      bytesSent: Math.round(seconds * 500),
      disks: (domain.live?.disks ?? []).map(({ target }) => ({
        target,
        capacityBytes: 1024 ** 3,
        allocationBytes: 1024 ** 2,
      })),
    }
  })
}

export function requireDisk(domain: SimulatedDomain, target: string): void {
  if (domain.chains.has(target)) return
  throw new AppError('not_found', `the guest '${domain.name}' has no disk '${target}'`)
}

function createAgent(world: SimulatedWorld): GuestAgent {
  const answering = (id: string) => {
    const domain = world.running(id)
    if (!domain.agentConnected)
      throw new AppError(
        'unavailable',
        'the guest agent does not answer; install qemu-guest-agent in the guest',
      )
    return domain
  }
  return {
    ping: (id) => world.call('agent.ping', [id], async () => world.running(id).agentConnected),
    setPassword: (id, user, password) =>
      world.call('agent.setPassword', [id, user], async () => {
        answering(id).passwords.set(user, password)
      }),
    addresses: (id) => world.call('agent.addresses', [id], async () => addresses(answering(id).live)),
    freeze: (id) =>
      world.call('agent.freeze', [id], async () => {
        answering(id).frozen = true
        return 1
      }),
    thaw: (id) =>
      world.call('agent.thaw', [id], async () => {
        answering(id).frozen = false
      }),
    trim: (id) => world.call('agent.trim', [id], async () => void answering(id)),
  }
}

function addresses(spec: DomainSpec | null) {
  const { network } = spec ?? {}
  return network?.address ? [{ mac: network.mac, address: network.address, prefix: 24 }] : []
}

/** A terminal that says who it is and repeats what is typed. */
function openTerminal(domain: SimulatedDomain): Terminal {
  const dataListeners: ((data: string) => void)[] = []
  const exitListeners: (() => void)[] = []
  const held: string[] = []
  let paused = false
  const say = (text: string) => {
    if (paused || dataListeners.length === 0) held.push(text)
    else for (const listener of dataListeners) listener(text)
  }
  const flush = () => {
    for (const text of held.splice(0)) say(text)
  }
  // One at a time, as with `virsh console --force`: a new session hangs up the old one.
  for (const hangUp of [...domain.terminals]) hangUp()
  const close = () => {
    if (!domain.terminals.delete(close)) return
    for (const listener of exitListeners) listener()
  }
  domain.terminals.add(close)
  say(`simulated console of ${domain.name}\r\nlogin: `)
  return {
    write: (data) => say(typeof data === 'string' ? data : Buffer.from(data).toString()),
    resize: () => undefined,
    onData: (listener) => {
      dataListeners.push(listener)
      queueMicrotask(flush)
    },
    onExit: (listener) => exitListeners.push(listener),
    pause: () => {
      paused = true
    },
    resume: () => {
      paused = false
      flush()
    },
    close,
  }
}
