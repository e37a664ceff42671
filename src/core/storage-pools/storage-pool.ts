import type * as schema from '../../db/schema.ts'
import type { StoreCapabilities, StoreUsage } from '../volumes.ts'

export type StoragePool = typeof schema.storagePool.$inferSelect

/** What a caller gives; absolute path in `target`. */
export interface StoragePoolRequest {
  type: string
  host?: string
  target: string
}

export interface StoragePoolView extends StoragePool {
  capabilities: StoreCapabilities
  /** Null when the back end does not answer; `error` then says why. */
  usage: StoreUsage | null
  error: string | null
}
