import type { Zone, ZoneEvent } from '../../zone/zone.ts'
import type { Log } from '../context.ts'
import type { LiveGuests } from '../guests/live.ts'
import { createPace } from '../slices.ts'
import type { StoreUsage } from '../volumes.ts'
import type { FigureArchive } from './archive.ts'
import { type Charts, createCharts, historyName } from './charts.ts'
import { type CellFigures, type Figures, figureFields, type HostCounters, type HostMeter } from './figure.ts'
import type { GuestFigures, GuestFiguresTable } from './guest-figures.ts'
import { FigureHistory } from './history.ts'
import { type PlaceDeps, Places } from './places.ts'
import { type Sample, Sampler, type SamplerStatus, unknownCell } from './sampler.ts'
import { createStatus, type Status } from './status.ts'
import { totalsOf } from './totals.ts'

export interface FiguresDeps {
  zone: Zone
  live: LiveGuests
  /** Name of the cell that this appliance is. */
  cell: string
  guests: GuestFiguresTable
  host: HostMeter
  /** Opens the file of the history; blocks for a moment. */
  openArchive(): FigureArchive
  /** False while the disk of the history has no room. */
  mayWrite(): boolean
  alive(cell: string): boolean
  isShared(storage: string): boolean
  /** Of a storage pool; may be slow or fail. */
  usage(storage: string): Promise<StoreUsage>
  log: Log
  now(): number
}

export interface FiguresService {
  status: Status
  charts: Charts
  guests: GuestFiguresTable
  /** What is known of a cell now: for whoever chooses one for a guest. Zeros, not alive, of one that does not answer. */
  ofCell(cell: string): CellFigures
  /** Of this host, until the last look; undefined before the first. */
  hostCounters(): HostCounters | undefined
  sampler(): SamplerStatus
  /** One look at everything, now. */
  look(): Promise<void>
  /** Reads the history and begins to look. */
  start(): Promise<void>
  /** Stops looking, stores what has no place on disk yet, and closes the file. */
  stop(): Promise<void>
}

/** Live figures, what is made of them, and their history. */
export function createFigures(deps: FiguresDeps): FiguresService {
  const { zone, live, cell, guests, alive, log, now } = deps
  const history = new FigureHistory({ log, now, mayWrite: deps.mayWrite })
  const ofCell = (name: string): CellFigures =>
    name === cell && alive(name) ? sampler.figures() : unknownCell(name)
  const placeDeps: PlaceDeps = {
    zone,
    live,
    alive,
    figuresOf: ofCell,
    isShared: deps.isShared,
    migrating: () => nobody,
  }
  const places = new Places(placeDeps)
  const status = createStatus({ places, alive, startedAt: now(), asked: () => sampler.watch() })
  const recorder = new Recorder(history, places, guests)
  const sampler = new Sampler({
    cell,
    host: deps.host,
    guests,
    storage: () => storageOf(deps, places),
    sampled: (sample) => recorder.take(sample),
    log,
    now,
  })
  const unsubscribe = zone.subscribe((event) => {
    for (const name of gone(event)) history.forget(name)
  })
  return {
    status,
    charts: createCharts({ zone, status, history, now }),
    guests,
    ofCell,
    hostCounters: () => sampler.counters(),
    sampler: () => sampler.status(),
    look: () => sampler.look(),
    async start() {
      try {
        await history.open(deps.openArchive())
      } catch (error) {
        log.error(
          { err: error },
          'the history of figures cannot be stored; charts will have the last hour only',
        )
      }
      forgetStrangers(history, places)
      sampler.start()
    },
    async stop() {
      unsubscribe()
      await sampler.stop()
      await history.close()
    },
  }
}

/** Guests move between cells only, and nothing moves them yet where there is one. */
const nobody: ReadonlySet<string> = new Set()

async function storageOf({ cell, usage }: FiguresDeps, places: Places) {
  const own = places.cells.find(({ name }) => name === cell)
  const storage = places.pools.find(({ name }) => name === own?.pool)?.storage
  if (!storage) return undefined
  const { totalBytes, freeBytes, quarantinedBytes } = await usage(storage)
  return { totalBytes, availableBytes: Math.min(totalBytes, freeBytes + quarantinedBytes) }
}

const historyOfTable: Partial<Record<ZoneEvent['changes'][number]['table'], (key: string) => string>> = {
  guest: historyName.guest,
  computePool: historyName.pool,
  cell: historyName.cell,
}

const gone = ({ changes }: ZoneEvent): string[] =>
  changes.flatMap(({ table, key, after }) => (after === null && historyOfTable[table]?.(key)) || [])

/** What went while the appliance was not there to see it. */
function forgetStrangers(history: FigureHistory, places: Places): void {
  const known = new Set([
    historyName.zone,
    ...places.pools.map(({ name }) => historyName.pool(name)),
    ...places.cells.map(({ name }) => historyName.cell(name)),
    ...places.guests.map(({ id }) => historyName.guest(id)),
  ])
  for (const name of history.names()) if (!known.has(name)) history.forget(name)
}

/** Puts each look into the history. */
class Recorder {
  readonly #history: FigureHistory
  readonly #places: Places
  readonly #guests: GuestFiguresTable
  /** What the looks at guests have brought, while it is being put there; a look meanwhile leaves it to the next one. */
  #taking: Promise<void> | undefined
  /** Of the looks at guests that are in the history. */
  #guestsAt = 0

  constructor(history: FigureHistory, places: Places, guests: GuestFiguresTable) {
    this.#history = history
    this.#places = places
    this.#guests = guests
  }

  take({ cell, sinceMs }: Sample): void {
    const at = cell.updatedAt ?? 0
    const from = sinceMs ?? at - 1
    const known = sinceMs !== null
    const place = this.#places.cells.find(({ name }) => name === cell.cell)
    this.#history.record(historyName.cell(cell.cell), from, at, valuesOf(cell, known))
    for (const pool of this.#places.pools) {
      // Those without this cell are told of by their own.
      if (pool.name !== place?.pool) continue
      const totals = totalsOf(this.#places.withStorage(this.#places.cellsOf(pool.name)))
      this.#history.record(historyName.pool(pool.name), from, at, valuesOf(totals, known))
    }
    const totals = totalsOf(this.#places.withStorage(this.#places.cells))
    this.#history.record(historyName.zone, from, at, valuesOf(totals, known))
    this.#taking ??= this.#takeGuests().finally(() => {
      this.#taking = undefined
      void this.#history.settle()
    })
  }

  async #takeGuests(): Promise<void> {
    const due = createPace()
    const figures = this.#guests.all()
    let newest = this.#guestsAt
    for (const { id } of this.#places.guests) {
      const pause = due()
      if (pause) await pause
      const found = figures.get(id)
      if (!found || found.at <= this.#guestsAt) continue
      newest = Math.max(newest, found.at)
      this.#history.record(historyName.guest(id), found.sinceMs ?? found.at - 1, found.at, guestValues(found))
    }
    this.#guestsAt = newest
  }
}

type Levels = Figures & { diskBytes?: number }

/** In the order of the fields; what is not known yet is no zero. */
function valuesOf(figures: Levels, ratesKnown: boolean): number[] {
  return figureFields.map((field) => {
    if (field === 'memoryAvailableBytes') return figures[field]
    if (field === 'diskAvailableBytes') return figures.diskBytes === 0 ? Number.NaN : figures[field]
    return ratesKnown ? figures[field] : Number.NaN
  })
}

const guestValues = (figures: GuestFigures): number[] => {
  const { memoryAvailableBytes } = figures.stats
  // 0 is what is said of a guest without a balloon driver.
  const levels = { ...figures, memoryAvailableBytes: memoryAvailableBytes || Number.NaN }
  return valuesOf(levels, figures.sinceMs !== null)
}
