import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import type { LiveGuests } from '../guests/live.ts'
import type { CellFigures } from './figure.ts'
import type { CellWithStorage } from './totals.ts'

export interface GuestCounts {
  stopped: number
  running: number
  /** Of a cell that does not answer. */
  lost: number
  /** On their way to another cell. */
  migrating: number
}

export interface PlaceDeps {
  zone: Zone
  live: LiveGuests
  alive(cell: string): boolean
  /** What is known of a cell now; zeros of one that does not answer. */
  figuresOf(cell: string): CellFigures
  /** Whether all cells see the same bytes on the storage pool. */
  isShared(storage: string): boolean
  /** Guests that are on their way to another cell now. */
  migrating(): ReadonlySet<string>
}

type PoolRow = typeof schema.computePool.$inferSelect
type CellRow = typeof schema.cell.$inferSelect

interface GuestPlace {
  id: string
  pool: string
  cell: string
}

/** Where everything is, as the record says it: read once for each of its revisions. */
export class Places {
  readonly #deps: PlaceDeps
  #revision = -1
  #pools: PoolRow[] = []
  #cells: CellRow[] = []
  #guests: GuestPlace[] = []

  constructor(deps: PlaceDeps) {
    this.#deps = deps
  }

  get pools(): readonly PoolRow[] {
    this.#refresh()
    return this.#pools
  }

  get cells(): readonly CellRow[] {
    this.#refresh()
    return this.#cells
  }

  get guests(): readonly GuestPlace[] {
    this.#refresh()
    return this.#guests
  }

  cellsOf(pool: string): readonly CellRow[] {
    return this.cells.filter((cell) => cell.pool === pool)
  }

  withStorage(cells: readonly CellRow[]): CellWithStorage[] {
    const storages = new Map(this.pools.map(({ name, storage }) => [name, storage]))
    return cells.map((cell) => {
      const storage = (cell.pool !== null && storages.get(cell.pool)) || null
      const shared = storage !== null && this.#deps.isShared(storage)
      return {
        figures: this.#deps.figuresOf(cell.name),
        storage: storage === null || shared ? storage : `${cell.name}/${storage}`,
      }
    })
  }

  count(wanted: (guest: GuestPlace) => boolean): GuestCounts {
    const counts: GuestCounts = { stopped: 0, running: 0, lost: 0, migrating: 0 }
    const migrating = this.#deps.migrating()
    for (const guest of this.guests) if (wanted(guest)) counts[this.#stateOf(guest, migrating)]++
    return counts
  }

  #stateOf({ id, cell }: GuestPlace, migrating: ReadonlySet<string>): keyof GuestCounts {
    if (!this.#deps.alive(cell)) return 'lost'
    if (migrating.has(id)) return 'migrating'
    return this.#deps.live.running(id) ? 'running' : 'stopped'
  }

  #refresh(): void {
    const { zone } = this.#deps
    if (this.#revision === zone.revision()) return
    const { guest } = schema
    this.#pools = zone.db.select().from(schema.computePool).orderBy(schema.computePool.name).all()
    this.#cells = zone.db.select().from(schema.cell).orderBy(schema.cell.name).all()
    this.#guests = zone.db.select({ id: guest.id, pool: guest.pool, cell: guest.cell }).from(guest).all()
    this.#revision = zone.revision()
  }
}
