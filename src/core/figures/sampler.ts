import type { Log } from '../context.ts'
import type { CellFigures, HostCounters, HostMeter } from './figure.ts'
import type { GuestFiguresTable } from './guest-figures.ts'
import { Pace } from './pace.ts'
import { hostRates, type Rates, shortestSpanMs, workingPart } from './rates.ts'

interface SamplerDeps {
  /** Name of the cell that this host is. */
  cell: string
  host: HostMeter
  guests: GuestFiguresTable
  /** Size and room of the storage that new guests of this cell land on; undefined where none answers. */
  storage(): Promise<{ totalBytes: number; availableBytes: number } | undefined>
  /** Told after each look, with when the rates began. */
  sampled(sample: Sample): void
  log: Log
  now(): number
}

export interface Sample {
  cell: CellFigures
  /** Milliseconds since 1970; null in the first look. */
  sinceMs: number | null
}

export interface SamplerStatus {
  intervalMs: number
  /** Part of a core that looking costs. */
  costRatio: number
  /** Of the last look. */
  durationMs: number
  looks: number
  failures: number
}

/** Storage answers slowly (a command, a server), and changes slowly. */
const storageMs = 30_000
/** libvirt and QEMU work at the same time for a part of an answer, and go on after it: so much more than its duration. */
const overlap = 1.8
/** Somebody who looked so long ago looks no more. */
const watchMs = 60_000

/**
 * Looks at the host and its guests again and again, as often as 5 % of a core allow: every 2 s while somebody wants to
 * know, every 10 s else, more seldom where many guests make a look dear.
 */
export class Sampler {
  readonly #deps: SamplerDeps
  readonly #pace = new Pace()
  #timer: NodeJS.Timeout | undefined
  #current: Promise<void> | undefined
  #stopped = false
  #watchedUntil = 0
  #before: { counters: HostCounters; clockMs: number; rates: Rates | undefined } | undefined
  #storage: { totalBytes: number; availableBytes: number } | undefined
  #storageAt = Number.NEGATIVE_INFINITY
  #figures: CellFigures
  #status = { durationMs: 0, looks: 0, failures: 0 }

  constructor(deps: SamplerDeps) {
    this.#deps = deps
    this.#figures = unknownCell(deps.cell)
  }

  start(): void {
    this.#deps.guests.onAsked(() => this.watch())
    void this.#round()
  }

  /** No further looks; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#current
  }

  /** Figures of this host as they were seen last; zeros before the first look. */
  figures(): CellFigures {
    return this.#figures
  }

  /** What the host has counted until the last look. */
  counters(): HostCounters | undefined {
    return this.#before?.counters
  }

  /** Somebody wants to know, and is taken to ask again: look often for a while. */
  watch(): void {
    const idle = performance.now() > this.#watchedUntil
    this.#watchedUntil = performance.now() + watchMs
    if (idle && this.#timer && !this.#current) {
      clearTimeout(this.#timer)
      this.#wind(this.#pace.soonestMs)
    }
  }

  status(): SamplerStatus {
    return { ...this.#status, intervalMs: this.#pace.intervalMs, costRatio: this.#pace.costRatio }
  }

  /** One look at everything. Never rejects: what fails is logged and leaves a gap. */
  look(): Promise<void> {
    this.#current ??= this.#look().finally(() => {
      this.#current = undefined
    })
    return this.#current
  }

  async #round(): Promise<void> {
    const started = performance.now()
    await this.look()
    if (!this.#stopped) this.#wind(Math.max(100, started + this.#pace.intervalMs - performance.now()))
  }

  #wind(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#round(), delayMs)
    this.#timer.unref()
  }

  async #look(): Promise<void> {
    const started = performance.now()
    const cpuBefore = process.cpuUsage()
    const guestMs = await this.#lookAtGuests()
    const before = this.#before?.counters
    this.#lookAtStorage()
    await this.#lookAtHost()
    const cpu = process.cpuUsage(cpuBefore)
    const after = this.#before?.counters
    const libvirtMs = overlap * guestMs * (before && after ? workingPart(before, after) : 1)
    // While libvirt works, this process does other people's work too: the larger of the two is counted, not the sum.
    const ownMs = Math.min((cpu.user + cpu.system) / 1000, performance.now() - started)
    // The first look starts virsh, which the others do not.
    if (this.#status.looks > 0)
      this.#pace.record(Math.max(libvirtMs, ownMs), performance.now() < this.#watchedUntil)
    this.#deps.guests.expectLook(this.#pace.intervalMs)
    this.#status = {
      durationMs: performance.now() - started,
      looks: this.#status.looks + 1,
      failures: this.#status.failures,
    }
  }

  /** Milliseconds that libvirt and QEMU took. */
  async #lookAtGuests(): Promise<number> {
    const started = performance.now()
    try {
      await this.#deps.guests.look()
    } catch (error) {
      this.#failed(error, 'the figures of the guests could not be had')
    }
    return performance.now() - started
  }

  /** In the background: a server that does not answer delays nothing else. */
  #lookAtStorage(): void {
    if (performance.now() - this.#storageAt < storageMs) return
    this.#storageAt = performance.now()
    this.#deps.storage().then(
      (storage) => {
        this.#storage = storage
      },
      (error: unknown) => {
        this.#storage = undefined
        this.#failed(error, 'the room on the storage could not be had')
      },
    )
  }

  async #lookAtHost(): Promise<void> {
    try {
      this.#take(await this.#deps.host.read(), performance.now())
    } catch (error) {
      this.#failed(error, 'the figures of the host could not be had')
    }
  }

  #take(counters: HostCounters, clockMs: number): void {
    const before = this.#before
    const spanMs = before ? clockMs - before.clockMs : 0
    const tooSoon = before !== undefined && spanMs < shortestSpanMs
    const rates = tooSoon ? before.rates : before && hostRates(before.counters, counters, spanMs)
    if (!tooSoon) this.#before = { counters, clockMs, rates }
    const at = this.#deps.now()
    this.#figures = {
      ...unknownCell(this.#deps.cell),
      ...rates,
      alive: true,
      updatedAt: at,
      cores: counters.cores,
      memoryBytes: counters.memoryBytes,
      memoryAvailableBytes: counters.memoryAvailableBytes,
      diskBytes: this.#storage?.totalBytes ?? 0,
      diskAvailableBytes: this.#storage?.availableBytes ?? 0,
    }
    this.#deps.sampled({ cell: this.#figures, sinceMs: rates && !tooSoon ? at - spanMs : null })
  }

  #failed(error: unknown, what: string): void {
    this.#status.failures++
    this.#deps.log.debug({ err: error }, what)
  }
}

/** A cell of which nothing is known (yet): all figures are 0. */
export const unknownCell = (cell: string): CellFigures => ({
  cell,
  alive: false,
  updatedAt: null,
  cores: 0,
  cpuUsagePercent: 0,
  memoryBytes: 0,
  memoryAvailableBytes: 0,
  diskBytes: 0,
  diskAvailableBytes: 0,
  readBytesPerSecond: 0,
  writeBytesPerSecond: 0,
  receiveBytesPerSecond: 0,
  sendBytesPerSecond: 0,
})
