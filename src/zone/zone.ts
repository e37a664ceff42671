import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import type * as cellSchema from '../db/cell-schema.ts'
import type * as schema from '../db/schema.ts'
import type { ZoneRow, ZoneTableName } from './tables.ts'

/** One row's change: `before` is the version that was read (none: it must not exist), `after` the new row (none: delete). */
export interface Change<T extends ZoneTableName = ZoneTableName> {
  table: T
  key: string
  before: number | null
  /** Without `version`, which the commit sets. */
  after: Omit<ZoneRow<T>, 'version'> | null
}

/** Who commits and why, for the journal. `OperationContext` and task contexts both give it. */
export interface CommitInfo {
  who: string
  requestId: string
  /** Verb and object in words, e.g. `guest.create default.web1`. */
  action: string
  /** Check everything that a commit checks, then write nothing. */
  dryRun?: boolean
}

export interface CommitResult {
  /** Of a dry run: the revision that it would have had. */
  revision: number
}

/**
 * The one write path of everything that the zone shares. One cell fulfils it by an SQLite transaction
 * (local-zone.ts), several by a consensus engine; reads are always queries on the local file.
 */
export interface Zone {
  /** The local replica, for reading only. */
  db: Database
  /**
   * All or nothing; at most 40 rows and 512 KiB. Throws `conflict` when a version has moved, a unique claim is taken or
   * a reference is missing or still pointed at (details name table, key, column). Never call it in a transaction.
   */
  commit(info: CommitInfo, changes: readonly Change[]): Promise<CommitResult>
  /** The revision of the last commit applied here. */
  revision(): number
  /** Called after each commit, in order, with rows stripped of secret columns. Returns how to stop. */
  subscribe(listener: (event: ZoneEvent) => void): () => void
  /** Events after a revision, oldest first, from the journal; for feeds that reconnect. */
  eventsSince(revision: number, limit: number): ZoneEvent[]
}

export type Database = BetterSQLite3Database<typeof schema & typeof cellSchema>

export interface ZoneEvent {
  revision: number
  time: number
  who: string
  requestId: string
  action: string
  changes: {
    table: ZoneTableName
    key: string
    before: number | null
    after: Record<string, unknown> | null
  }[]
}
