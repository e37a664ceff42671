import { chmodSync, closeSync, openSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import type { Database } from '../zone/zone.ts'
import * as cellSchema from './cell-schema.ts'
import * as schema from './schema.ts'

export interface OpenDatabase {
  /** The connection itself, for transactions and prepared statements. */
  sqlite: Sqlite.Database
  /** The same connection with typed queries. */
  db: Database
  close(): void
}

export interface OpenOptions {
  /** The add-on object where better-sqlite3 cannot find its own file (in the packaged binary). */
  nativeBinding?: object
}

const inMemory = (path: string) => path === '' || path.startsWith(':memory:')

/**
 * Opens (or makes, readable by the owner only) the state database. Blocking: meant for start-up. Migrations are not run.
 */
export function openDatabase(path: string, options: OpenOptions = {}): OpenDatabase {
  if (!inMemory(path)) restrict(path)
  const sqlite = new Sqlite(
    path,
    options.nativeBinding ? { nativeBinding: options.nativeBinding as never } : {},
  )
  configure(sqlite)
  return {
    sqlite,
    db: drizzle(sqlite, { schema: { ...schema, ...cellSchema } }),
    close: () => closeCleanly(sqlite),
  }
}

/** SQLite gives its -wal and -shm files the mode of the database, so the mode must be right before the first write. */
export function restrict(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

function configure(sqlite: Sqlite.Database): void {
  // The switch to WAL takes a lock, so the time-out stands before it.
  sqlite.pragma('busy_timeout = 5000')
  sqlite.pragma('journal_mode = WAL')
  sqlite.pragma('synchronous = FULL')
  // References are part of zone.commit (zone/tables.ts): a store without foreign keys must be able to fulfil it.
  sqlite.pragma('foreign_keys = OFF')
  // A checkpoint each 4 MiB of changes; a log that grew in a burst gives its space back.
  sqlite.pragma('wal_autocheckpoint = 1000')
  sqlite.pragma('journal_size_limit = 16777216')
  sqlite.pragma('temp_store = MEMORY')
  sqlite.pragma('trusted_schema = OFF')
}

function closeCleanly(sqlite: Sqlite.Database): void {
  if (!sqlite.open) return
  if (sqlite.inTransaction) throw new Error('the database was closed inside a transaction')
  sqlite.close()
}
