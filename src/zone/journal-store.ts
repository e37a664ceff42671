import type { Database as Sqlite } from 'better-sqlite3'
import { type ChangeRow, genesisHash, hashRevision, type RevisionRow } from './chain.ts'
import type { ZoneTableName } from './tables.ts'
import type { ZoneEvent } from './zone.ts'

export interface JournalHead {
  revision: number
  time: number
  hash: string
}

/** Statements over the tables `revision` and `change`. */
export interface JournalStore {
  head(): JournalHead
  append(
    row: Omit<RevisionRow, 'hash' | 'previousHash'>,
    head: JournalHead,
    changes: readonly ChangeRow[],
  ): JournalHead
  /** Revisions after one, oldest first, each with its changes. */
  page(after: number, limit: number): { row: RevisionRow; changes: ChangeRow[] }[]
}

const revisionColumns =
  'revision, time, who, request_id AS requestId, action, previous_hash AS previousHash, hash'
const changeColumns = 'revision, seq, table_name AS "table", row_key AS key, before_version AS before, after'

export function openJournalStore(sqlite: Sqlite): JournalStore {
  const head = sqlite.prepare('SELECT revision, time, hash FROM revision ORDER BY revision DESC LIMIT 1')
  const putRevision = sqlite.prepare(
    'INSERT INTO revision (revision, time, who, request_id, action, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const putChange = sqlite.prepare(
    'INSERT INTO change (revision, seq, table_name, row_key, before_version, after) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const revisions = sqlite.prepare(
    `SELECT ${revisionColumns} FROM revision WHERE revision > ? ORDER BY revision LIMIT ?`,
  )
  const changes = sqlite.prepare(`SELECT ${changeColumns} FROM change WHERE revision = ? ORDER BY seq`)
  return {
    head: () => (head.get() as JournalHead | undefined) ?? { revision: 0, time: 0, hash: genesisHash },
    append(row, before, list) {
      const hash = hashRevision({ ...row, previousHash: before.hash }, list)
      putRevision.run(row.revision, row.time, row.who, row.requestId, row.action, before.hash, hash)
      for (const each of list)
        putChange.run(each.revision, each.seq, each.table, each.key, each.before, each.after)
      return { revision: row.revision, time: row.time, hash }
    },
    page: (after, limit) =>
      (revisions.all(after, limit) as RevisionRow[]).map((row) => ({
        row,
        changes: changes.all(row.revision) as ChangeRow[],
      })),
  }
}

/** A journal entry as subscribers see it. */
export const toEvent = (
  row: Omit<RevisionRow, 'hash' | 'previousHash'>,
  changes: readonly ChangeRow[],
): ZoneEvent => ({
  revision: row.revision,
  time: row.time,
  who: row.who,
  requestId: row.requestId,
  action: row.action,
  changes: changes.map((change) => ({
    table: change.table as ZoneTableName,
    key: change.key,
    before: change.before,
    after: change.after === null ? null : (JSON.parse(change.after) as Record<string, unknown>),
  })),
})
