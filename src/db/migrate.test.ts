import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { is, Table } from 'drizzle-orm'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { openTestDatabase } from '../../test/support/database.ts'
import { type ZoneTable, zoneTables } from '../zone/tables.ts'
import * as cellSchema from './cell-schema.ts'
import { openDatabase } from './connect.ts'
import { embeddedMigrations, MigrationError, migrate } from './migrate.ts'
import * as schema from './schema.ts'

const directory = mkdtempSync(join(tmpdir(), 'nacelle-migrate-'))
after(() => rmSync(directory, { recursive: true, force: true }))
let files = 0
const freshPath = () => join(directory, `${++files}.db`)

const one = { name: '0001_one', sql: "CREATE TABLE one (a TEXT) STRICT; INSERT INTO one VALUES ('kept');" }
const two = { name: '0002_two', sql: 'CREATE TABLE two (b TEXT) STRICT;' }

const drizzleTables = () =>
  Object.values<unknown>({ ...schema, ...cellSchema }).filter((value): value is SQLiteTable =>
    is(value, Table),
  )

interface ColumnInfo {
  name: string
  type: string
  notnull: number
  pk: number
}

function drizzleColumns(table: SQLiteTable): ColumnInfo[] {
  const { columns, primaryKeys } = getTableConfig(table)
  const composite = primaryKeys[0]?.columns.map((column) => column.name) ?? []
  return columns.map((column) => ({
    name: column.name,
    type: column.getSQLType().toUpperCase(),
    notnull: Number(column.notNull),
    pk: column.primary ? 1 : composite.indexOf(column.name) + 1,
  }))
}

describe('migrations', () => {
  it('make from zero the very schema that the code uses', () => {
    const { sqlite, close } = openTestDatabase()
    after(close)
    const names = sqlite
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all() as string[]
    const tables = drizzleTables()
    assert.deepEqual(
      names.filter((name) => name !== 'migration').sort(),
      tables.map((table) => getTableConfig(table).name).sort(),
    )
    for (const table of tables) {
      const { name } = getTableConfig(table)
      const actual = (sqlite.pragma(`table_info("${name}")`) as ColumnInfo[]).map((column) => ({
        name: column.name,
        type: column.type,
        notnull: column.notnull,
        pk: column.pk,
      }))
      assert.deepEqual(actual, drizzleColumns(table), `columns of ${name}: migrations/ and schema.ts differ`)
    }
  })

  it('give every claim and reference of the zone an index', () => {
    const { sqlite, close } = openTestDatabase()
    after(close)
    for (const zoneTable of Object.values<ZoneTable>(zoneTables)) {
      const { name, columns } = getTableConfig(zoneTable.table)
      const indexed = (sqlite.pragma(`index_list("${name}")`) as { name: string }[]).map((index) =>
        (sqlite.pragma(`index_info("${index.name}")`) as { name: string }[]).map((column) => column.name),
      )
      const byProperty = zoneTable.table as unknown as Record<string, { name: string }>
      const lookups = [
        ...zoneTable.unique,
        ...Object.keys(zoneTable.references).map((property) => [property]),
      ]
      for (const lookup of lookups) {
        const wanted = lookup.map((property) => byProperty[property]!.name)
        assert.ok(columns.some((column) => column.name === wanted[0]))
        assert.ok(
          indexed.some((index) => wanted.every((column, position) => index[position] === column)),
          `${name} has no index on ${wanted.join(', ')}`,
        )
      }
    }
  })

  it('run once, each in order, and say what they did', () => {
    const { sqlite, close } = openDatabase(freshPath())
    assert.deepEqual(migrate(sqlite, [one]), { applied: ['0001_one'], copy: undefined })
    assert.deepEqual(migrate(sqlite, [one]), { applied: [], copy: undefined })
    close()
  })

  it('keep a copy of the database before an upgrade', () => {
    const path = freshPath()
    const { sqlite, close } = openDatabase(path)
    migrate(sqlite, [one])
    const report = migrate(sqlite, [one, two])
    assert.deepEqual(report, { applied: ['0002_two'], copy: `${path}.before-0002_two` })
    assert.equal(statSync(report.copy!).mode & 0o777, 0o600)
    const copy = openDatabase(report.copy!)
    assert.equal(copy.sqlite.prepare('SELECT a FROM one').pluck().get(), 'kept')
    assert.throws(() => copy.sqlite.prepare('SELECT * FROM two'))
    copy.close()
    close()
  })

  it('refuse an edited migration', () => {
    const { sqlite, close } = openDatabase(freshPath())
    migrate(sqlite, [one])
    assert.throws(() => migrate(sqlite, [{ ...one, sql: `${one.sql} ` }]), {
      constructor: MigrationError,
      message: /'0001_one' .* was edited/,
    })
    close()
  })

  it('refuse a database that a newer program made', () => {
    const { sqlite, close } = openDatabase(freshPath())
    migrate(sqlite, [one, two])
    assert.throws(() => migrate(sqlite, [one]), { message: /newer program.*'0002_two'/ })
    close()
  })

  it('leave the database as it was when one fails half-way', () => {
    const { sqlite, close } = openDatabase(freshPath())
    migrate(sqlite, [one])
    const broken = { name: '0002_broken', sql: 'CREATE TABLE half (a TEXT); CREATE TABLE one (a TEXT);' }
    assert.throws(() => migrate(sqlite, [one, broken]), { message: /'0002_broken' failed/ })
    assert.equal(sqlite.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").pluck().get(), 0)
    assert.deepEqual(migrate(sqlite, [one, two]).applied, ['0002_two'])
    close()
  })

  it('travel with the program', () => {
    assert.equal(embeddedMigrations()[0]?.name, '0001_initial')
  })
})

describe('openDatabase', () => {
  it('makes files that only their owner can read, and waits for locks', () => {
    const path = freshPath()
    const { sqlite, close } = openDatabase(path)
    migrate(sqlite, [one])
    for (const file of [path, `${path}-wal`, `${path}-shm`])
      assert.equal(statSync(file).mode & 0o777, 0o600, file)
    assert.equal(sqlite.pragma('journal_mode', { simple: true }), 'wal')
    assert.equal(sqlite.pragma('synchronous', { simple: true }), 2)
    assert.equal(sqlite.pragma('busy_timeout', { simple: true }), 5000)
    close()
    assert.ok(!existsSync(`${path}-wal`), readdirSync(directory).join())
  })
})
