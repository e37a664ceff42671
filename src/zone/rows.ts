import type { Database as Sqlite, Statement } from 'better-sqlite3'
import { getTableColumns } from 'drizzle-orm'
import { getTableConfig } from 'drizzle-orm/sqlite-core'
import { type ZoneTable, type ZoneTableName, zoneTables } from './tables.ts'

/** A row as the code sees it: property names, decoded values. */
export type Row = Record<string, unknown>

/** Prepared statements of one zone table. */
export interface RowStore {
  spec: ZoneTable
  version(key: string): number | undefined
  get(key: string): Row | undefined
  put(row: Row): void
  remove(key: string): void
  /** Up to `limit` rows in which the properties have these values; none when a value is null. */
  find(properties: readonly string[], row: Row, limit: number): Row[]
  count(property: string, value: string): number
  /** Rows in the order of their keys, after `key`. */
  page(afterKey: string, limit: number): Row[]
}

interface Column {
  property: string
  name: string
  encode(value: unknown): unknown
  decode(value: unknown): unknown
}

/** What the journal and the feed may know of a row. */
export function withoutSecrets(table: ZoneTableName, row: Row): Row {
  const secret: readonly string[] = zoneTables[table].secret
  return Object.fromEntries(Object.entries(row).filter(([property]) => !secret.includes(property)))
}

/** Row stores of all zone tables; statements are prepared when first used. */
export function openRowStores(sqlite: Sqlite): (table: ZoneTableName) => RowStore {
  const stores = new Map<ZoneTableName, RowStore>()
  return (table) => {
    const known = stores.get(table)
    if (known) return known
    const store = openRowStore(sqlite, zoneTables[table])
    stores.set(table, store)
    return store
  }
}

function columnsOf(spec: ZoneTable): Column[] {
  return Object.entries(getTableColumns(spec.table)).map(([property, column]) => ({
    property,
    name: column.name,
    encode: (value) => (value === null || value === undefined ? null : column.mapToDriverValue(value)),
    decode: (value) => (value === null ? null : column.mapFromDriverValue(value)),
  }))
}

function openRowStore(sqlite: Sqlite, spec: ZoneTable): RowStore {
  const table = `"${getTableConfig(spec.table).name}"`
  const columns = columnsOf(spec)
  const byProperty = new Map(columns.map((column) => [column.property, column]))
  const column = (property: string) => byProperty.get(property)!
  const key = `"${column(spec.key).name}"`
  const prepare = preparer(sqlite)
  const decode = (raw: unknown): Row => {
    const values = raw as Row
    return Object.fromEntries(columns.map((each) => [each.property, each.decode(values[each.name])]))
  }
  const put = `INSERT OR REPLACE INTO ${table} (${columns.map((each) => `"${each.name}"`).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
  const where = (properties: readonly string[]) =>
    properties.map((property) => `"${column(property).name}" = ?`).join(' AND ')
  return {
    spec,
    version: (value) => prepare(`SELECT version FROM ${table} WHERE ${key} = ?`).pluck().get(value) as number,
    get(value) {
      const raw = prepare(`SELECT * FROM ${table} WHERE ${key} = ?`).get(value)
      return raw === undefined ? undefined : decode(raw)
    },
    put: (row) => void prepare(put).run(columns.map((each) => each.encode(row[each.property]))),
    remove: (value) => void prepare(`DELETE FROM ${table} WHERE ${key} = ?`).run(value),
    find: (properties, row, limit) =>
      prepare(`SELECT * FROM ${table} WHERE ${where(properties)} LIMIT ?`)
        .all([...properties.map((property) => column(property).encode(row[property])), limit])
        .map(decode),
    count: (property, value) =>
      prepare(`SELECT count(*) FROM ${table} WHERE ${where([property])}`)
        .pluck()
        .get(value) as number,
    page: (afterKey, limit) =>
      prepare(`SELECT * FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT ?`)
        .all(afterKey, limit)
        .map(decode),
  }
}

function preparer(sqlite: Sqlite): (sql: string) => Statement {
  const statements = new Map<string, Statement>()
  return (sql) => {
    const known = statements.get(sql)
    if (known) return known
    const statement = sqlite.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
}
