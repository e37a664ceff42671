import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database as Sqlite } from 'better-sqlite3'
import type { Row } from './rows.ts'
import type { ZoneTableName } from './tables.ts'

const pageSize = 500

/** What the journal says of a row at a revision; `after` is JSON text, null for a deleted row. */
export interface RecordedRow {
  key: string
  after: string | null
}

/**
 * The rows of a zone table as they were at the end of a past millisecond (UTC), by key, without secret columns. Yields
 * to the event loop between pages. A time before the first commit gives no rows.
 */
export async function stateAt(sqlite: Sqlite, table: ZoneTableName, time: number): Promise<Row[]> {
  const rows: Row[] = []
  for await (const { after } of recordedRows(sqlite, table, revisionAt(sqlite, time)))
    if (after !== null) rows.push(JSON.parse(after) as Row)
  return rows
}

/** Every key that the journal ever named up to a revision, in order, with its row then. Yields between pages. */
export async function* recordedRows(
  sqlite: Sqlite,
  table: ZoneTableName,
  revision: number,
): AsyncGenerator<RecordedRow> {
  // SQLite takes the bare columns from the row that max() chose.
  const page = sqlite.prepare(
    `SELECT row_key AS key, max(revision), after FROM change
     WHERE table_name = ? AND row_key > ? AND revision <= ?
     GROUP BY row_key ORDER BY row_key LIMIT ?`,
  )
  let key = ''
  for (;;) {
    const found = page.all(table, key, revision, pageSize) as RecordedRow[]
    if (found.length === 0) return
    yield* found
    key = found.at(-1)!.key
    await nextTurn()
  }
}

/** The last revision that was committed at or before a time; 0 when there was none. */
export function revisionAt(sqlite: Sqlite, time: number): number {
  const revision = sqlite.prepare('SELECT max(revision) FROM revision WHERE time <= ?').pluck().get(time)
  return (revision as number | null) ?? 0
}
