import type * as schema from '../../db/schema.ts'
import type { StoreCapabilities, StoreUsage } from '../volumes.ts'

export type StoragePool = typeof schema.storagePool.$inferSelect

/** A pool as callers see it: its secret is known to nobody again. */
export type VisibleStoragePool = Omit<StoragePool, 'secret'> & { hasSecret: boolean }

/** What a caller gives; each type wants its own fields and refuses the others' (pool-types.ts). */
export interface StoragePoolRequest {
  type: string
  /** Server, monitors or portal. */
  host?: string
  /** Path, export, pool or IQN. */
  target?: string
  /** NFS: options of the mount. */
  mountOptions?: string
  /** Ceph: cephx user without `client.`. */
  user?: string
  /** iSCSI: CHAP user, and the name that this host calls itself. */
  chapUser?: string
  initiatorIqn?: string
  /** iSCSI: `kernel` or `qemu`; empty for what the host has. */
  initiator?: string
  /** Ceph key or CHAP password; kept encrypted. */
  secret?: string
}

/** A request that has been checked, in the record's words. */
export type CheckedPool = Pick<StoragePool, 'host' | 'target' | 'options'>

export interface StoragePoolView extends VisibleStoragePool {
  capabilities: StoreCapabilities
  /** Null when the back end does not answer; `error` then says why. */
  usage: StoreUsage | null
  /** What the back end tells of itself, e.g. which initiator carries the disks. */
  state: Record<string, string | number | boolean>
  /** Sum of the sizes that guests and images see; above the total, the pool is over-committed. */
  virtualBytes: number
  error: string | null
}
