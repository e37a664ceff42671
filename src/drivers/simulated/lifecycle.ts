// Definitions and the life of an instance, as libvirt and QEMU would see to it.
import { AppError } from '../../core/errors.ts'
import { type DiskSource, type DomainSpec, sourceLabel } from '../../core/hypervisor.ts'
import { has, isActive, type SimulatedDomain, type SimulatedWorld } from './world.ts'

export function defineDomain(world: SimulatedWorld, spec: DomainSpec): SimulatedDomain {
  if (has(spec, 'fail-define')) throw new Error(`simulated: define of '${spec.domainName}' fails`)
  for (const other of world.domains.values()) {
    if (other.name === spec.domainName && other.id !== spec.id)
      throw new AppError('conflict', `the domain name '${spec.domainName}' is taken by ${other.id}`)
  }
  const known = world.domains.get(spec.id)
  const copy = structuredClone(spec)
  if (known) {
    known.defined = copy
    known.name = spec.domainName
    world.emit(spec.id, 'lifecycle', 'Defined Updated')
    return known
  }
  const domain: SimulatedDomain = {
    id: spec.id,
    name: spec.domainName,
    defined: copy,
    live: null,
    state: 'stopped',
    requested: 'stopped',
    agentConnected: false,
    frozen: false,
    passwords: new Map(),
    chains: new Map(),
    mediaPath: null,
    starts: 0,
    restoredFrom: null,
    startedAtMs: 0,
    terminals: new Set(),
  }
  world.domains.set(spec.id, domain)
  world.emit(spec.id, 'lifecycle', 'Defined Added')
  return domain
}

export function undefineDomain(world: SimulatedWorld, id: string): void {
  const domain = world.domains.get(id)
  if (!domain) return
  domain.defined = null
  // As with libvirt, what runs becomes transient and vanishes when it stops.
  if (!isActive(domain)) world.domains.delete(id)
  world.emit(id, 'lifecycle', 'Undefined Removed')
}

/** Boots `spec`; `memoryPath` for a run that goes on from a memory image. */
export async function startDomain(
  world: SimulatedWorld,
  spec: DomainSpec,
  memoryPath: string | null,
): Promise<void> {
  const domain = defineDomain(world, spec)
  if (isActive(domain)) return
  if (has(spec, 'fail-start'))
    throw new AppError('insufficient_capacity', 'simulated: QEMU cannot allocate the memory of the guest')
  refuseTooMuchMemory(world, spec)
  if (memoryPath !== null) await requireFile(world, memoryPath, 'memory image')
  const chains = await openFiles(world, spec)
  domain.live = structuredClone(spec)
  domain.chains = chains
  domain.mediaPath = spec.media ? sourceLabel(spec.media) : null
  domain.state = 'running'
  domain.requested = 'running'
  domain.starts += 1
  domain.startedAtMs = Date.now()
  domain.restoredFrom = memoryPath
  world.emit(spec.id, 'lifecycle', memoryPath === null ? 'Started Booted' : 'Started Restored')
  world.later(spec.id, () => settle(world, domain))
}

function settle(world: SimulatedWorld, domain: SimulatedDomain): void {
  if (has(domain, 'crash-start')) {
    world.end(domain, 'Stopped Crashed', 'crashed')
    return
  }
  if (has(domain, 'no-agent')) return
  domain.agentConnected = true
  world.emit(domain.id, 'agent', 'connected')
}

function refuseTooMuchMemory(world: SimulatedWorld, spec: DomainSpec): void {
  const used = [...world.domains.values()]
    .filter((other) => other.id !== spec.id && isActive(other))
    .reduce((sum, other) => sum + (other.live?.memoryBytes ?? 0), 0)
  if (used + spec.memoryBytes > world.hostMemoryBytes)
    throw new AppError('insufficient_capacity', 'the host has not enough memory to start this guest')
}

/** Opens everything as QEMU would: a missing file or one in use elsewhere ends the start. */
async function openFiles(world: SimulatedWorld, spec: DomainSpec): Promise<Map<string, string[]>> {
  const inUse = pathsInUse(world, spec.id)
  const chains = new Map<string, string[]>()
  for (const disk of spec.disks) {
    await requireSource(world, disk.source, `disk ${disk.target}`)
    const label = sourceLabel(disk.source)
    if (inUse.has(label)) throw new AppError('busy', `another guest has '${label}' open for writing`)
    const files = disk.source.kind === 'file' ? await world.files.chain(disk.source.path) : [label]
    chains.set(disk.target, files)
  }
  if (spec.seed) await requireSource(world, spec.seed, 'cloud-init seed')
  if (spec.media) await requireSource(world, spec.media, 'medium')
  if (spec.firmware === 'uefi' && spec.nvramPath) await requireFile(world, spec.nvramPath, 'UEFI variables')
  return chains
}

function pathsInUse(world: SimulatedWorld, exceptId: string): Set<string> {
  const active = [...world.domains.values()].filter((other) => other.id !== exceptId && isActive(other))
  return new Set(active.flatMap((other) => [...other.chains.values()].map((files) => files[0] ?? '')))
}

async function requireSource(world: SimulatedWorld, source: DiskSource, what: string): Promise<void> {
  if (source.kind === 'file') await requireFile(world, source.path, what)
}

export async function requireFile(world: SimulatedWorld, path: string, what: string): Promise<void> {
  if (await world.files.exists(path)) return
  throw new AppError('unavailable', `the ${what} '${path}' is not there`, { details: { path } })
}
