// How much memory of a cell guests may have.
import { and, eq, inArray, or } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import type { LiveGuests } from '../guests/live.ts'
import type { Hypervisor } from '../hypervisor.ts'

export interface MemoryDeps {
  zone: Zone
  live: Pick<LiveGuests, 'runningIds'>
  /** Of the whole cell; 0 where it is not known. */
  memoryBytes(cell: string): number
  /** The setting `guest.memory_overcommit_percent`. */
  overcommitPercent(): number
}

export interface CellMemory {
  /** What all running guests of the cell may have together. */
  limitBytes: number
  /** What they have, with those that are being started. */
  committedBytes: number
}

/** Kept for the host itself: a tenth of its memory, at most 1 GiB. */
const reserveOf = (hostBytes: number): number => Math.min(2 ** 30, Math.floor(hostBytes / 10))

/**
 * The memory of the running guests of a cell, by the record: what a guest may have, not what it has touched so far. One
 * object for each appliance, since it also knows who is just being started.
 */
export class GuestMemory {
  readonly #deps: MemoryDeps
  readonly #starting = new Map<string, number>()

  constructor(deps: MemoryDeps) {
    this.#deps = deps
  }

  /** Without the guest `except`. */
  of(cell: string, except?: string): CellMemory {
    const host = this.#deps.memoryBytes(cell)
    const limitBytes = Math.floor(((host - reserveOf(host)) * this.#deps.overcommitPercent()) / 100)
    const memory = new Map([...this.#recorded(cell), ...this.#starting])
    if (except !== undefined) memory.delete(except)
    const committedBytes = [...memory.values()].reduce((sum, bytes) => sum + bytes, 0)
    return { limitBytes, committedBytes }
  }

  /** Throws `insufficient_capacity` with the figures where the guest cannot run on the cell beside the others. */
  require(cell: string, guest: { id: string; memoryBytes: number }): void {
    const { limitBytes, committedBytes } = this.of(cell, guest.id)
    if (guest.memoryBytes + committedBytes <= limitBytes) return
    throw new AppError(
      'insufficient_capacity',
      `cell '${cell}' has memory of ${limitBytes} bytes for guests, of which running ones have ${committedBytes}: ` +
        `${guest.memoryBytes} bytes more do not fit. Stop a guest, or raise the setting guest.memory_overcommit_percent`,
      { field: 'memory', details: { cell, limitBytes, committedBytes, wantedBytes: guest.memoryBytes } },
    )
  }

  /** The same, and the memory counts as taken while the work lasts. */
  async holding<T>(
    cell: string,
    guest: { id: string; memoryBytes: number },
    work: () => Promise<T>,
  ): Promise<T> {
    this.require(cell, guest)
    this.#starting.set(guest.id, guest.memoryBytes)
    return work().finally(() => this.#starting.delete(guest.id))
  }

  #recorded(cell: string): [string, number][] {
    const { guest } = schema
    const isBeingMade = and(eq(guest.state, 'creating'), eq(guest.autoStart, true))
    return this.#deps.zone.db
      .select({ id: guest.id, memoryBytes: guest.memoryBytes })
      .from(guest)
      .where(and(eq(guest.cell, cell), or(inArray(guest.id, this.#deps.live.runningIds()), isBeingMade)))
      .all()
      .map(({ id, memoryBytes }) => [id, memoryBytes])
  }
}

interface Here {
  memory: GuestMemory
  live: Pick<LiveGuests, 'running'>
  /** Name of the cell of the hypervisor. */
  cell: string
}

/** A hypervisor that starts no guest, and lets none grow, beyond what the cell has memory for. */
export const withMemoryLeft = (hypervisor: Hypervisor, { memory, live, cell }: Here): Hypervisor => ({
  ...hypervisor,
  // Who runs already has its memory.
  start: (spec) =>
    live.running(spec.id) ? hypervisor.start(spec) : memory.holding(cell, spec, () => hypervisor.start(spec)),
  restore: (spec, memoryPath) => memory.holding(cell, spec, () => hypervisor.restore(spec, memoryPath)),
  async adjust(spec, what) {
    const grows = what === 'memory' && spec.memoryBytes > (await hypervisor.liveSize(spec.id)).memoryBytes
    if (grows) memory.require(cell, spec)
    await hypervisor.adjust(spec, what)
  },
})
