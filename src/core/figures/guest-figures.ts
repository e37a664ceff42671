import type { LiveGuests } from '../guests/live.ts'
import type { DomainStats, Hypervisor } from '../hypervisor.ts'
import { guestRates, type Rates, shortestSpanMs } from './rates.ts'

/** What one guest does now. */
export interface GuestFigures extends Rates {
  /** When it was looked at, in milliseconds since 1970. */
  at: number
  /** Since when the rates are so; null where the guest was seen for the first time, and they are 0. */
  sinceMs: number | null
  stats: DomainStats
  /** Room in its disks that nothing was written to yet. */
  diskAvailableBytes: number
}

interface GuestFiguresDeps {
  hypervisor: Hypervisor
  live: LiveGuests
  now?: () => number
}

interface Seen {
  stats: DomainStats
  /** Of the monotonic clock. */
  clockMs: number
  figures: GuestFigures
}

const noRates: Rates = {
  cpuUsagePercent: 0,
  readBytesPerSecond: 0,
  writeBytesPerSecond: 0,
  receiveBytesPerSecond: 0,
  sendBytesPerSecond: 0,
}

/** Figures of the guests that run on this host, from one call for all of them. In memory. */
export class GuestFiguresTable {
  readonly #seen = new Map<string, Seen>()
  readonly #deps: GuestFiguresDeps
  #looking: Promise<void> | undefined
  /** Older figures than these are looked at again when somebody asks for one guest. */
  #freshMs = shortestSpanMs
  #asked: () => void = () => undefined

  constructor(deps: GuestFiguresDeps) {
    this.#deps = deps
    deps.live.onChange((id) => {
      if (!deps.live.running(id)) this.#seen.delete(id)
    })
  }

  /** What is known of a running guest. */
  of(id: string): GuestFigures | undefined {
    return this.#deps.live.running(id) ? this.#seen.get(id)?.figures : undefined
  }

  /** Everything that was seen in the last look. */
  all(): ReadonlyMap<string, GuestFigures> {
    return new Map([...this.#seen].map(([id, { figures }]) => [id, figures]))
  }

  /** As `of`, after a look where what is known is old; undefined where the guest does not run. */
  async fresh(id: string): Promise<GuestFigures | undefined> {
    if (!this.#deps.live.running(id)) return undefined
    this.#asked()
    const known = this.#seen.get(id)
    if (!known || performance.now() - known.clockMs > this.#freshMs) await this.look()
    return this.of(id)
  }

  /** Somebody looks by himself at least so often: until twice the time is over nobody else need. */
  expectLook(withinMs: number): void {
    this.#freshMs = 2 * withinMs + shortestSpanMs
  }

  /** Called whenever somebody asks for fresh figures. */
  onAsked(listener: () => void): void {
    this.#asked = listener
  }

  /** One look at all; who asks while one is under way shares it. */
  look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #lookNow(): Promise<void> {
    const found = await this.#deps.hypervisor.stats()
    const [at, clockMs] = [(this.#deps.now ?? Date.now)(), performance.now()]
    const ids = new Set(found.map(({ id }) => id))
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id)
    for (const stats of found) this.#take(stats, at, clockMs)
  }

  #take(stats: DomainStats, at: number, clockMs: number): void {
    const before = this.#seen.get(stats.id)
    const levels = { at, stats, diskAvailableBytes: roomIn(stats) }
    const spanMs = before ? clockMs - before.clockMs : 0
    if (before && spanMs < shortestSpanMs) {
      // The rates and what they were counted from stay, so that the next look has a span to go by.
      const figures = { ...before.figures, ...levels, at: before.figures.at }
      this.#seen.set(stats.id, { ...before, figures })
      return
    }
    const rates = before && guestRates(before.stats, stats, spanMs)
    const sinceMs = rates ? at - spanMs : null
    this.#seen.set(stats.id, { stats, clockMs, figures: { ...(rates ?? noRates), ...levels, sinceMs } })
  }
}

const roomIn = ({ disks }: DomainStats) =>
  disks.reduce((sum, disk) => sum + Math.max(0, disk.capacityBytes - disk.allocationBytes), 0)
