// The pretended host: domains with their current and requested state, transitions, events, faults and counters.
import { access, writeFile } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import type { DomainEvent, DomainSpec, DomainState, StateReason } from '../../core/hypervisor.ts'
import type { FoundDomain } from '../../core/unmanaged/found-domain.ts'

/** What the fake does to files; the defaults look at the real file system and make empty overlays. */
export interface SimulatedFiles {
  exists(path: string): Promise<boolean>
  /** Makes the overlay of a live snapshot; fails when it exists, as QEMU does. */
  createOverlay(path: string, backingPath: string): Promise<void>
  writeMemory(path: string): Promise<void>
  /** The chain of a stopped disk, top first. */
  chain(path: string): Promise<string[]>
  /** Called when layers have been merged, so that a wiring with real images can keep them true. */
  merged(change: { kind: 'pull' | 'commit'; topPath: string; basePath: string | null }): Promise<void>
}

export interface SimulatedOptions {
  /** `auto`: transitions happen by themselves after `delayMs`; `explicit`: when the test calls `poke`. */
  mode?: 'auto' | 'explicit'
  delayMs?: number
  files?: Partial<SimulatedFiles>
  /** Throws (or rejects) to make that call fail; called before any effect, and again as `<call>.after` when done. */
  fault?: (call: string, args: readonly unknown[]) => void | Promise<void>
  hostMemoryBytes?: number
  /** Where a display listens, for tests that serve a real one. */
  displayPath?: (id: string) => string
}

export interface SimulatedDomain {
  id: string
  name: string
  /** The persistent definition; `null` for one that was undefined while it ran. */
  defined: DomainSpec | null
  /** The spec that the running instance was started with. */
  live: DomainSpec | null
  state: DomainState
  /** What was asked for last; differs from `state` until the transition has happened. */
  requested: 'running' | 'stopped'
  agentConnected: boolean
  frozen: boolean
  passwords: Map<string, string>
  chains: Map<string, string[]>
  mediaPath: string | null
  starts: number
  /** Whether the present run began from a memory image. */
  restoredFrom: string | null
  startedAtMs: number
  terminals: Set<() => void>
  /** Of a paused one. */
  pausedBy?: Pick<StateReason, 'reason' | 'fullDisks'>
}

const defaultFiles: SimulatedFiles = {
  exists: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  createOverlay: (path, backingPath) => writeFile(path, `overlay of ${backingPath}\n`, { flag: 'wx' }),
  writeMemory: (path) => writeFile(path, 'memory\n', { flag: 'wx' }),
  chain: async (path) => [path],
  merged: async () => undefined,
}

/** A guest's name may carry a sentinel, so that failures can be provoked by hand as well. */
export const sentinels = [
  'fail-define',
  'fail-start',
  'hang-stop',
  'fail-destroy',
  'fail-snapshot',
  'no-agent',
  'crash-start',
] as const

export type Sentinel = (typeof sentinels)[number]

export class SimulatedWorld {
  readonly domains = new Map<string, SimulatedDomain>()
  /** How often each call was made. */
  readonly counters = new Map<string, number>()
  readonly calls: { call: string; args: readonly unknown[] }[] = []
  /** What an inspection says differently of a domain than its definition, by id. */
  readonly foreign = new Map<string, Partial<FoundDomain>>()
  readonly files: SimulatedFiles
  readonly hostMemoryBytes: number
  mode: 'auto' | 'explicit'
  delayMs: number
  fault: SimulatedOptions['fault']
  readonly #listeners = new Set<(event: DomainEvent) => void>()
  #pending: { id: string; act: () => void; timer: NodeJS.Timeout | undefined }[] = []

  constructor(options: SimulatedOptions = {}) {
    this.files = { ...defaultFiles, ...options.files }
    this.mode = options.mode ?? 'auto'
    this.delayMs = options.delayMs ?? 5
    this.fault = options.fault
    this.hostMemoryBytes = options.hostMemoryBytes ?? 64 * 1024 ** 3
  }

  /** Counts the call and lets the fault hook speak, before and after its effect. */
  async call<T>(name: string, args: readonly unknown[], effect: () => Promise<T>): Promise<T> {
    this.counters.set(name, (this.counters.get(name) ?? 0) + 1)
    this.calls.push({ call: name, args })
    await this.fault?.(name, args)
    const result = await effect()
    await this.fault?.(`${name}.after`, args)
    return result
  }

  find(id: string): SimulatedDomain {
    const domain = this.domains.get(id)
    if (!domain) throw new AppError('not_found', `there is no domain '${id}'`)
    return domain
  }

  running(id: string): SimulatedDomain {
    const domain = this.find(id)
    if (!isActive(domain)) throw new AppError('conflict', `the guest '${domain.name}' is not running`)
    return domain
  }

  subscribe(listener: (event: DomainEvent) => void, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#listeners.add(listener)
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true })
  }

  emit(id: string, kind: DomainEvent['kind'], detail: string): void {
    for (const listener of [...this.#listeners]) listener({ id, kind, detail })
  }

  /** Something that happens by itself a little later. */
  later(id: string, act: () => void): void {
    const entry = { id, act, timer: undefined as NodeJS.Timeout | undefined }
    this.#pending.push(entry)
    if (this.mode === 'explicit') return
    entry.timer = setTimeout(() => this.#perform(entry), this.delayMs)
    entry.timer.unref()
  }

  /** Lets everything pending (of one domain) happen now. */
  poke(id?: string): void {
    for (const entry of [...this.#pending]) {
      if (id === undefined || entry.id === id) this.#perform(entry)
    }
  }

  forgetPending(id: string): void {
    for (const entry of this.#pending) if (entry.id === id) clearTimeout(entry.timer)
    this.#pending = this.#pending.filter((entry) => entry.id !== id)
  }

  /** The instance ends: by itself, by request, by force, or because its host died. */
  end(domain: SimulatedDomain, detail: string, state: DomainState = 'stopped'): void {
    this.forgetPending(domain.id)
    domain.state = state
    domain.requested = 'stopped'
    domain.live = null
    domain.agentConnected = false
    domain.frozen = false
    domain.restoredFrom = null
    for (const hangUp of [...domain.terminals]) hangUp()
    domain.terminals.clear()
    this.emit(domain.id, 'lifecycle', detail)
    if (domain.defined === null) this.domains.delete(domain.id)
  }

  /** For tests: the guest's system powers itself off, or crashes. */
  guestPowersOff(id: string): void {
    this.end(this.running(id), 'Stopped Shutdown')
  }

  /** A write of the guest fails: QEMU holds it still before the guest sees it. */
  diskFails(id: string, fullDisks: string[]): void {
    const domain = this.running(id)
    domain.state = 'paused'
    domain.pausedBy = { reason: 'I/O error', fullDisks }
    for (const target of fullDisks) this.emit(id, 'io-error', `(${target}) pause due to enospc`)
    this.emit(id, 'lifecycle', 'Suspended I/O Error')
  }

  guestCrashes(id: string): void {
    this.end(this.running(id), 'Stopped Crashed', 'crashed')
  }

  #perform(entry: { id: string; act: () => void; timer: NodeJS.Timeout | undefined }): void {
    clearTimeout(entry.timer)
    if (!this.#pending.includes(entry)) return
    this.#pending = this.#pending.filter((other) => other !== entry)
    entry.act()
  }
}

export const isActive = (domain: SimulatedDomain) =>
  domain.state === 'running' || domain.state === 'paused' || domain.state === 'stopping'

export const has = (subject: { name: string } | DomainSpec, sentinel: Sentinel) =>
  ('name' in subject ? subject.name : subject.domainName).includes(sentinel)
