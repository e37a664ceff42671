import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OpenDatabase, openDatabase } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'

export interface TestDatabase extends OpenDatabase {
  /** Path of the database file. */
  path: string
  /** The temporary directory that it lies in, gone after `close`. */
  directory: string
}

/** A fresh database on a real file with all migrations; `close` removes it. */
export function openTestDatabase(): TestDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'nacelle-test-'))
  const path = join(directory, 'nacelle.db')
  const database = openDatabase(path)
  migrate(database.sqlite)
  const close = () => {
    database.close()
    rmSync(directory, { recursive: true, force: true })
  }
  return { ...database, path, directory, close }
}
