import { createHash } from 'node:crypto'
import { closeSync, openSync, renameSync, rmSync } from 'node:fs'
import type { Database as Sqlite } from 'better-sqlite3'
import { listAssets, readAsset } from '../packaging/assets.ts'

export interface Migration {
  /** File name without folder and extension, e.g. `0001_initial`; the order of names is the order of application. */
  name: string
  sql: string
}

export interface MigrationReport {
  applied: string[]
  /** Where the copy of the database lies that was made before an upgrade; undefined when none was needed. */
  copy?: string
}

/** The database and the program do not fit; the message says which and what to do. Shown without a stack. */
export class MigrationError extends Error {}

interface AppliedRow {
  name: string
  sha256: string
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** The migrations that travel with the program, in order. */
export function embeddedMigrations(): Migration[] {
  return listAssets('migrations/')
    .filter((path) => path.endsWith('.sql'))
    .map((path) => ({
      name: path.slice('migrations/'.length, -'.sql'.length),
      sql: new TextDecoder().decode(readAsset(path)),
    }))
}

/**
 * Brings the database to the program's schema; each migration is one transaction. A database that already has tables is
 * copied first. Blocking: meant for start-up. Throws MigrationError when a migration was edited after it was applied, or
 * when the database was made by a newer program.
 */
export function migrate(sqlite: Sqlite, migrations: Migration[] = embeddedMigrations()): MigrationReport {
  if (migrations.length === 0)
    throw new MigrationError('no migrations travel with this program: it was built wrongly')
  sqlite.exec(
    'CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT',
  )
  const applied = sqlite.prepare('SELECT name, sha256 FROM migration ORDER BY name').all() as AppliedRow[]
  checkApplied(applied, migrations)
  const pending = migrations.slice(applied.length)
  const copy = applied.length > 0 && pending.length > 0 ? keepCopy(sqlite, pending[0]!.name) : undefined
  for (const migration of pending) apply(sqlite, migration)
  return { applied: pending.map((migration) => migration.name), copy }
}

function checkApplied(applied: AppliedRow[], migrations: Migration[]): void {
  applied.forEach((row, index) => {
    const known = migrations.find((migration) => migration.name === row.name)
    if (!known)
      throw new MigrationError(
        `the database was made by a newer program: it has the migration '${row.name}' that this one does not know. ` +
          'Install the newer program, or restore the copy that was kept before the upgrade',
      )
    if (sha256(known.sql) !== row.sha256)
      throw new MigrationError(
        `the migration '${row.name}' is not the one that was applied to this database: it was edited afterwards`,
      )
    if (migrations[index]?.name !== row.name)
      throw new MigrationError(`a migration before '${row.name}' was never applied to this database`)
  })
}

function apply(sqlite: Sqlite, migration: Migration): void {
  const run = sqlite.transaction(() => {
    sqlite.exec(migration.sql)
    sqlite
      .prepare('INSERT INTO migration (name, sha256, applied_at) VALUES (?, ?, ?)')
      .run(migration.name, sha256(migration.sql), Date.now())
  })
  try {
    run.immediate()
  } catch (cause) {
    throw new MigrationError(
      `the migration '${migration.name}' failed; the database is as it was before it`,
      {
        cause,
      },
    )
  }
}

/** The copy is complete or absent: it is renamed only when it is whole. */
function keepCopy(sqlite: Sqlite, pending: string): string | undefined {
  if (sqlite.memory) return undefined
  const copy = `${sqlite.name}.before-${pending}`
  const partial = `${copy}.partial`
  rmSync(partial, { force: true })
  // VACUUM INTO accepts an empty file: made first, so that the copy is never readable by others.
  closeSync(openSync(partial, 'wx', 0o600))
  sqlite.prepare('VACUUM INTO ?').run(partial)
  renameSync(partial, copy)
  return copy
}
