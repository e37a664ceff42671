import type { Log } from '../context.ts'
import type { FigureArchive, NamedBlock } from './archive.ts'
import {
  batchSlots,
  coarseBlock,
  coarseMs,
  coarsePerHour,
  downSample,
  emptySummary,
  fineBlock,
  hourMs,
  plain,
  readCoarseBlock,
  restoreFine,
  type Summary,
  summarizeHour,
} from './blocks.ts'
import { type FigureField, figureFields } from './figure.ts'
import { FineWindow, fineMs } from './window.ts'

const batchMs = batchSlots * fineMs
/** How far back there are points every 10 s, and every 10 min. */
export const fineSpanMs = hourMs
export const coarseSpanMs = 30 * 24 * hourMs
/** Batches that the hour they belong to may still want. */
const keptBatchesMs = hourMs + batchMs

/** Names of which one turn of the event loop makes blocks. */
const namesAtOnce = 100

interface HistoryDeps {
  log: Log
  now(): number
  /** False while the disk of the archive has no room: then what would be written is left out. */
  mayWrite(): boolean
}

export interface SeriesRequest {
  name: string
  fromMs: number
  /** Exclusive. */
  toMs: number
  /** A multiple of 10 s; from 10 min on only multiples of that. */
  stepMs: number
  fields: readonly FigureField[]
}

export type SeriesByField = Map<FigureField, Summary>

/**
 * What was, for charts: 10 s averages of the last hour in memory, stored in batches of five minutes; 10 min summaries of
 * the last 30 days on disk, written hour by hour from the former. A kill costs at most the batch that is being filled.
 */
export class FigureHistory {
  readonly #window = new FineWindow()
  readonly #log: Log
  readonly #now: () => number
  readonly #mayWrite: () => boolean
  /** Undefined before `open` and after `close`: then there is only memory. */
  #archive: FigureArchive | undefined
  /** Start of the batch, and number of the hour, that are to be written next; undefined before the first figures. */
  #nextBatchMs: number | undefined
  #nextHour: number | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor({ log, now, mayWrite }: HistoryDeps) {
    this.#log = log
    this.#now = now
    this.#mayWrite = mayWrite
  }

  /** Reads what the last run left, hour by hour, so that hours it could not finish are summarized. Never throws. */
  async open(archive: FigureArchive): Promise<void> {
    this.#archive = archive
    await this.#restore(archive).catch((error: unknown) =>
      this.#log.warn({ err: error }, 'the history of figures of the last hour could not be read'),
    )
  }

  async #restore(archive: FigureArchive): Promise<void> {
    for (const startMs of archive.fineStarts()) {
      if (startMs > this.#now()) continue
      if (this.#nextHour !== undefined && hourOf(startMs) > this.#nextHour)
        await this.#completeHour(archive, this.#nextHour)
      this.#nextHour = hourOf(startMs)
      for (const { name, block } of await archive.readFine(startMs))
        restoreFine(this.#window, name, startMs / fineMs, block)
      await turn()
    }
    // The first new figures push what is older than the window out of it.
    if (this.#nextHour === undefined || this.#nextHour >= hourOf(this.#now())) return
    await this.#completeHour(archive, this.#nextHour)
    this.#nextHour = undefined
  }

  /** Of an hour that was summarized when it ended, some batches may have been removed since. */
  async #completeHour(archive: FigureArchive, hour: number): Promise<void> {
    if (!archive.hasCoarse(hour)) await this.#writeHour(hour)
  }

  /** What was so between two moments, in the order of `figureFields`. */
  record(name: string, fromMs: number, toMs: number, values: readonly number[]): void {
    this.#window.record(name, fromMs, toMs, values)
  }

  /** To be called after each round of `record`: writes what has become whole. Failures are logged. */
  settle(): Promise<void> {
    this.#writing = this.#writing
      .then(() => this.#writeWhole())
      .catch((error: unknown) => this.#failed(error))
    return this.#writing
  }

  /** Writes the batch that is being filled as well, and closes the archive. */
  async close(): Promise<void> {
    await this.settle()
    if (this.#nextBatchMs !== undefined)
      await this.#writeBatch(this.#nextBatchMs).catch((error: unknown) => this.#failed(error))
    this.#archive?.close()
    this.#archive = undefined
  }

  /** The thing has gone, and with it its history. */
  forget(name: string): void {
    this.#window.forget(name)
    try {
      this.#archive?.forget(name)
    } catch (error) {
      this.#log.warn({ err: error, name }, 'the history of figures of what has gone could not be removed')
    }
  }

  /** Everything that has a history. */
  names(): string[] {
    return [...new Set([...this.#window.names(), ...(this.#archive?.names() ?? [])])]
  }

  /** Points from `fromMs` on in steps; NaN where nothing is known. */
  async read(request: SeriesRequest): Promise<SeriesByField> {
    const isFine = request.stepMs < coarseMs
    const count = Math.ceil((request.toMs - request.fromMs) / (isFine ? fineMs : coarseMs))
    const factor = request.stepMs / (isFine ? fineMs : coarseMs)
    const stored = isFine ? [] : await this.#readHours(request, count)
    return new Map(
      request.fields.map((field) => {
        const index = figureFields.indexOf(field)
        const points = isFine
          ? plain(this.#window.column(request.name, index, request.fromMs / fineMs, count))
          : this.#coarsePoints(request, index, count, stored)
        return [field, downSample(points, factor)]
      }),
    )
  }

  #readHours({ name, fromMs }: SeriesRequest, count: number) {
    const last = hourOf(fromMs + count * coarseMs - 1)
    if (!this.#archive) return []
    return this.#archive.readCoarse(name, hourOf(fromMs), Math.min(last, hourOf(this.#now())))
  }

  #coarsePoints(
    { name, fromMs }: SeriesRequest,
    field: number,
    count: number,
    stored: readonly { hour: number; block: Uint8Array }[],
  ): Summary {
    const points = emptySummary(count)
    const place = (hour: number, summary: Summary) => {
      for (let index = 0; index < coarsePerHour; index++) {
        const at = hour * coarsePerHour + index - fromMs / coarseMs
        if (at < 0 || at >= count || Number.isNaN(summary.avg[index])) continue
        for (const part of ['avg', 'min', 'max'] as const) points[part][at] = summary[part][index] as number
      }
    }
    for (const { hour, block } of stored) place(hour, readCoarseBlock(block, field))
    // The hour that goes on is not on disk yet.
    const present = hourOf(this.#now())
    for (let hour = Math.min(this.#nextHour ?? present, present); hour <= present; hour++)
      place(hour, summarizeHour(this.#window, name, field, hour))
    return points
  }

  async #writeWhole(): Promise<void> {
    const now = this.#now()
    const batch = now - (now % batchMs)
    // Also when the clock was set back: then what follows has a place again.
    if (this.#nextBatchMs === undefined || this.#nextBatchMs > batch) this.#nextBatchMs = batch
    this.#nextHour ??= hourOf(now)
    while (this.#nextBatchMs < batch) {
      // What is older than the window has been written or is lost.
      this.#nextBatchMs = Math.max(this.#nextBatchMs, batch - fineSpanMs)
      await this.#writeBatch(this.#nextBatchMs)
      this.#nextBatchMs += batchMs
    }
    if (this.#nextHour === hourOf(now)) return
    const hour = this.#nextHour
    this.#nextHour = hourOf(now)
    if (hour < this.#nextHour) await this.#writeHour(hour)
    this.#archive?.dropCoarse(hourOf(now - coarseSpanMs))
  }

  async #writeBatch(startMs: number): Promise<void> {
    if (!this.#archive || !this.#mayWrite()) return
    const blocks = await this.#blocks((name) => fineBlock(this.#window, name, startMs / fineMs))
    if (blocks.length > 0) await this.#archive?.writeFine(startMs, blocks, startMs - keptBatchesMs)
  }

  async #writeHour(hour: number): Promise<void> {
    if (!this.#archive || !this.#mayWrite()) return
    const blocks = await this.#blocks((name) => coarseBlock(this.#window, name, hour))
    if (blocks.length > 0) await this.#archive?.writeCoarse(hour, blocks)
  }

  async #blocks(make: (name: string) => Uint8Array | undefined): Promise<NamedBlock[]> {
    const blocks: NamedBlock[] = []
    const names = this.#window.names()
    for (let first = 0; first < names.length; first += namesAtOnce) {
      for (const name of names.slice(first, first + namesAtOnce)) {
        const block = make(name)
        if (block) blocks.push({ name, block })
      }
      await turn()
    }
    return blocks
  }

  #failed(error: unknown): void {
    this.#log.warn({ err: error }, 'the history of figures could not be written; charts will have a gap')
  }
}

const hourOf = (ms: number) => Math.floor(ms / hourMs)

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
