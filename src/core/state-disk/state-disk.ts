import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../context.ts'
import { quoted } from '../doctor/finding.ts'

/** The file system that the record lies on. Fulfilled by drivers/host/reserve.ts. */
export interface StateDisk {
  directory: string
  space(): Promise<{ totalBytes: number; freeBytes: number }>
  /** Bytes that are kept back now. */
  held(): Promise<number>
  /** Keeps so many bytes back; repeatable. Throws where they are not there. */
  hold(bytes: number): Promise<void>
  /** Gives the reserve's room back at once (blocking); false where there was none. */
  release(): boolean
}

export interface StateDiskStatus {
  freeBytes: number
  reserveBytes: number
  /** Since when changes are refused, in milliseconds since 1970; null while they are not. */
  readOnlySince: number | null
}

export interface StateDiskOptions {
  disk: StateDisk
  /** Frees what may be freed without asking anybody, e.g. quarantine, until so many bytes are free; may throw. */
  makeRoom(bytes: number): Promise<void>
  log: Log
  now(): number
}

const mib = 2 ** 20
const everyMs = 5_000
const leastToStart = 2 * mib

/** How much is kept back, below what changes are refused, and from where on they are taken again; all in bytes. */
export function limitsOf(totalBytes: number) {
  const reserveBytes = Math.min(64 * mib, Math.max(4 * mib, Math.floor(totalBytes / 64)))
  return { reserveBytes, lowBytes: reserveBytes, resumeBytes: reserveBytes * 3 }
}

/** A database cannot even be opened on a disk that is full to the last block: then the reserve goes before. */
export async function makeRoomToStart(disk: StateDisk): Promise<void> {
  if ((await disk.space()).freeBytes < leastToStart) disk.release()
}

/**
 * Watches the disk of the record. While there is room, a reserve is kept back. When it runs out, quarantine is purged; where
 * that does not help, the reserve is given back so that tasks can end and be undone, and changes are refused until there is
 * room for a new one.
 */
export class StateDiskWatch {
  readonly #options: StateDiskOptions
  #looking: Promise<void> | undefined
  #status: StateDiskStatus = { freeBytes: 0, reserveBytes: 0, readOnlySince: null }
  #resumeBytes = 0

  constructor(options: StateDiskOptions) {
    this.#options = options
  }

  status(): StateDiskStatus {
    return this.#status
  }

  /** Why changes are refused, and the mend; undefined while they are not. */
  refusal(): string | undefined {
    if (this.#status.readOnlySince === null) return undefined
    const { directory } = this.#options.disk
    return (
      `the disk of ${directory} is full (${sizeOf(this.#status.freeBytes)} free), so Nacelle is read-only until ` +
      `${sizeOf(this.#resumeBytes)} are free; find the largest with: du -xh --max-depth=2 ${quoted(directory)} | sort -h | tail -20`
    )
  }

  /** A write has found the disk full: true when the reserve could be given back for it. */
  onFull = (): boolean => {
    const released = this.#options.disk.release()
    this.#enterReadOnly({ freeBytes: 0, reserveBytes: 0 })
    return released
  }

  /** Looks until the signal aborts; what fails is logged and looked at again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look().catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'the disk of the record could not be looked at'),
      )
      await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** One look, and what follows from it. Those who ask at the same time share it. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const { disk } = this.#options
    const { totalBytes, freeBytes } = await disk.space()
    const { reserveBytes, lowBytes, resumeBytes } = limitsOf(totalBytes)
    this.#resumeBytes = resumeBytes
    const held = await disk.held()
    this.#status = { ...this.#status, freeBytes, reserveBytes: held }
    if (this.#status.readOnlySince !== null) {
      if (freeBytes + held >= resumeBytes) await this.#leaveReadOnly(reserveBytes)
    } else if (freeBytes < lowBytes) await this.#runShort(lowBytes)
    else if (held < reserveBytes && freeBytes + held >= reserveBytes + lowBytes)
      await this.#hold(reserveBytes)
  }

  async #runShort(lowBytes: number): Promise<void> {
    const { disk, makeRoom, log } = this.#options
    await makeRoom(2 * lowBytes).catch((error: unknown) =>
      log.warn({ err: error }, 'the disk of the record runs full, and quarantine holds too little'),
    )
    const { freeBytes } = await disk.space()
    if (freeBytes >= lowBytes) return
    disk.release()
    this.#enterReadOnly({ freeBytes: (await disk.space()).freeBytes, reserveBytes: 0 })
  }

  #enterReadOnly(seen: Pick<StateDiskStatus, 'freeBytes' | 'reserveBytes'>): void {
    const first = this.#status.readOnlySince === null
    this.#status = { ...seen, readOnlySince: this.#status.readOnlySince ?? this.#options.now() }
    if (first) this.#options.log.error(seen, this.refusal() ?? '')
  }

  async #leaveReadOnly(reserveBytes: number): Promise<void> {
    await this.#hold(reserveBytes)
    this.#status = { ...this.#status, readOnlySince: null }
    this.#options.log.info(this.#status, 'the disk of the record has room again: changes are taken')
  }

  async #hold(bytes: number): Promise<void> {
    const { disk } = this.#options
    await disk.hold(bytes)
    this.#status = { ...this.#status, freeBytes: (await disk.space()).freeBytes, reserveBytes: bytes }
  }
}

const sizeOf = (bytes: number): string => `${Math.floor(bytes / mib)} MiB`
