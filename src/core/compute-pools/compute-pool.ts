import type * as schema from '../../db/schema.ts'

export type ComputePool = Omit<typeof schema.computePool.$inferSelect, 'version'>
export type Cell = Omit<typeof schema.cell.$inferSelect, 'version'>
export type NetworkMode = ComputePool['networkMode']

/** What a caller says of a pool. On a change, what is left out stays and `null` clears. */
export interface ComputePoolRequest {
  enabled?: boolean
  networkMode?: NetworkMode
  /** Name of a storage pool; without one the pool has nowhere to put disks. */
  storage?: string | null
  /** Name of an address pool; without one guests get no address. */
  network?: string | null
  failover?: boolean
}

export interface ComputePoolView extends ComputePool {
  cellCount: number
  version: number
}

export interface CellView extends Cell {
  /** Whether the cell answers now. */
  alive: boolean
  version: number
}

export interface AttachedStorage {
  name: string
  attached: boolean
  /** Why it is not attached. */
  error?: string
}

export interface CellDetails extends CellView {
  /** Told only of a cell that is alive and enabled. */
  storage: AttachedStorage[]
}

/** How many of each, for the status of the zone. */
export interface ZoneCounts {
  pools: { disabled: number; enabled: number }
  cells: { offline: number; online: number }
}
