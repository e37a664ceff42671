import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database as Sqlite } from 'better-sqlite3'
import { type ChangeRow, canonicalJson, genesisHash, hashRevision, type RevisionRow } from './chain.ts'
import { recordedRows } from './history.ts'
import { openJournalStore } from './journal-store.ts'
import { openRowStores, type Row, type RowStore, withoutSecrets } from './rows.ts'
import { type ZoneTableName, zoneTables } from './tables.ts'

export interface JournalVerdict {
  ok: boolean
  /** How many revisions were looked at. */
  revisions: number
  /** Hash of the last one: who keeps it elsewhere can later prove that nothing was cut off the end. */
  hash: string
  /** Where the first break is, and why in words. */
  broken?: { revision: number; reason: string }
}

const pageSize = 200

/**
 * Walks the whole journal: every hash, gaps, changes without a revision, and whether the rows as they are now equal what
 * the journal says of them (secret columns are not in it). Yields to the event loop between pages.
 */
export async function verifyJournal(sqlite: Sqlite, signal?: AbortSignal): Promise<JournalVerdict> {
  const chain = await verifyChain(sqlite, signal)
  if (!chain.ok) return chain
  const broken = await verifyRows(sqlite, chain.revisions, signal)
  return broken ? { ...chain, ok: false, broken } : chain
}

async function verifyChain(sqlite: Sqlite, signal?: AbortSignal): Promise<JournalVerdict> {
  const journal = openJournalStore(sqlite)
  let hash = genesisHash
  let revisions = 0
  for (;;) {
    signal?.throwIfAborted()
    const page = journal.page(revisions, pageSize)
    if (page.length === 0) {
      const broken = findOrphan(sqlite, revisions)
      return { ok: broken === undefined, revisions, hash, broken }
    }
    for (const { row, changes } of page) {
      const reason = faultOf(row, changes, { revision: revisions, hash })
      if (reason) return { ok: false, revisions, hash, broken: { revision: row.revision, reason } }
      revisions = row.revision
      hash = row.hash
    }
    await nextTurn()
  }
}

function faultOf(
  row: RevisionRow,
  changes: ChangeRow[],
  before: { revision: number; hash: string },
): string | undefined {
  if (row.revision !== before.revision + 1) return `revision ${before.revision + 1} is missing`
  if (row.previousHash !== before.hash) return 'its link to the revision before is not that one’s hash'
  if (hashRevision(row, changes) !== row.hash)
    return 'its content does not give its hash: it was changed afterwards'
  return undefined
}

/** There are no gaps below the head, so a change without its revision can only lie outside. */
function findOrphan(sqlite: Sqlite, head: number): JournalVerdict['broken'] {
  const find = sqlite
    .prepare('SELECT revision FROM change WHERE revision > ? OR revision < 1 LIMIT 1')
    .pluck()
  const revision = find.get(head) as number | undefined
  return revision === undefined ? undefined : { revision, reason: 'it has changes, but was removed itself' }
}

async function verifyRows(
  sqlite: Sqlite,
  head: number,
  signal?: AbortSignal,
): Promise<JournalVerdict['broken']> {
  const stores = openRowStores(sqlite)
  for (const table of Object.keys(zoneTables) as ZoneTableName[]) {
    const target = { sqlite, table, store: stores(table), head, signal }
    const broken = (await verifyTable(target)) ?? (await findVanished(target))
    if (broken) return broken
  }
  return undefined
}

interface TableToVerify {
  sqlite: Sqlite
  table: ZoneTableName
  store: RowStore
  /** Commits that come while we look are left for the next time. */
  head: number
  signal?: AbortSignal
}

async function verifyTable(target: TableToVerify): Promise<JournalVerdict['broken']> {
  const { sqlite, table, store, head, signal } = target
  const latest = sqlite.prepare(
    'SELECT revision, after FROM change WHERE table_name = ? AND row_key = ? ORDER BY revision DESC LIMIT 1',
  )
  let key = ''
  for (;;) {
    signal?.throwIfAborted()
    const rows = store.page(key, pageSize)
    if (rows.length === 0) return undefined
    for (const row of rows) {
      key = String(row[store.spec.key])
      const said = latest.get(table, key) as { revision: number; after: string | null } | undefined
      if (said && said.revision > head) continue
      if (!said || said.after === null || !sameRow(withoutSecrets(table, row), JSON.parse(said.after)))
        return {
          revision: said?.revision ?? head,
          reason: `the row '${key}' of ${table} was changed outside the journal`,
        }
    }
    await nextTurn()
  }
}

/** Only what the journal knew then: a later program may have added columns. */
const sameRow = (row: Row, said: Row) =>
  Object.entries(said).every(
    ([property, value]) => !(property in row) || canonicalJson(row[property]) === canonicalJson(value),
  )

async function findVanished(target: TableToVerify): Promise<JournalVerdict['broken']> {
  const { sqlite, table, store, head, signal } = target
  const latest = sqlite
    .prepare('SELECT max(revision) FROM change WHERE table_name = ? AND row_key = ?')
    .pluck()
  for await (const { key, after } of recordedRows(sqlite, table, head)) {
    signal?.throwIfAborted()
    if (after === null || store.version(key) !== undefined) continue
    const revision = latest.get(table, key) as number
    if (revision <= head)
      return { revision, reason: `the row '${key}' of ${table} was removed outside the journal` }
  }
  return undefined
}
