import type { Database as Sqlite } from 'better-sqlite3'
import { and, count, desc, eq, gte, inArray, lt } from 'drizzle-orm'
import * as cellSchema from '../../db/cell-schema.ts'
import { revisionAt, stateAt } from '../../zone/history.ts'
import { type JournalVerdict, verifyJournal } from '../../zone/journal.ts'
import { type ZoneTableName, zoneTables } from '../../zone/tables.ts'
import type { Zone, ZoneEvent } from '../../zone/zone.ts'
import type { OperationContext } from '../context.ts'
import { invalid, notFound } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'

export interface JournalQuery {
  who?: string
  /** Milliseconds, inclusive and exclusive. */
  after?: number
  before?: number
  /** Only what changed this table, or this row of it. */
  table?: string
  key?: string
  /** Only one request's. */
  requestId?: string
  limit: number
  offset: number
}

export interface JournalEntry extends ZoneEvent {
  hash: string
}

export interface Journal {
  /** Newest first. */
  list(op: OperationContext, query: JournalQuery): { entries: JournalEntry[]; total: number }
  get(op: OperationContext, revision: number): JournalEntry
  verify(op: OperationContext): Promise<JournalVerdict>
  /** A table as it was at a past millisecond, without secret columns. */
  stateAt(op: OperationContext, table: string, time: number): Promise<PastState>
}

export interface PastState {
  table: ZoneTableName
  /** The last revision at that time; 0 before the first. */
  revision: number
  rows: Record<string, unknown>[]
}

export const createJournal = ({ zone, sqlite }: { zone: Zone; sqlite: Sqlite }): Journal => ({
  list(op, query) {
    requirePermission(op, 'journal.read')
    return list(zone, query)
  },
  get(op, revision) {
    requirePermission(op, 'journal.read')
    const row = zone.db
      .select()
      .from(cellSchema.revision)
      .where(eq(cellSchema.revision.revision, revision))
      .get()
    if (!row) throw notFound('revision', String(revision))
    return withChanges(zone, [row])[0]!
  },
  verify(op) {
    requirePermission(op, 'journal.read')
    return verifyJournal(sqlite, op.signal)
  },
  async stateAt(op, table, time) {
    requirePermission(op, 'journal.read')
    const name = checkTable(table)
    return { table: name, revision: revisionAt(sqlite, time), rows: await stateAt(sqlite, name, time) }
  },
})

function checkTable(table: string): ZoneTableName {
  if (Object.hasOwn(zoneTables, table)) return table as ZoneTableName
  throw invalid('table', `there is no table '${table}': choose from ${Object.keys(zoneTables).join(', ')}`)
}

type RevisionRow = typeof cellSchema.revision.$inferSelect

function list(zone: Zone, query: JournalQuery) {
  const { revision } = cellSchema
  const where = and(
    query.who === undefined ? undefined : eq(revision.who, query.who),
    query.requestId === undefined ? undefined : eq(revision.requestId, query.requestId),
    query.after === undefined ? undefined : gte(revision.time, query.after),
    query.before === undefined ? undefined : lt(revision.time, query.before),
    query.table === undefined
      ? undefined
      : inArray(revision.revision, changesOf(zone, checkTable(query.table), query.key)),
  )
  const rows = zone.db
    .select()
    .from(revision)
    .where(where)
    .orderBy(desc(revision.revision))
    .limit(query.limit)
    .offset(query.offset)
    .all()
  const total = zone.db.select({ total: count() }).from(revision).where(where).get()?.total ?? 0
  return { entries: withChanges(zone, rows), total }
}

function changesOf(zone: Zone, table: ZoneTableName, key: string | undefined) {
  const { change } = cellSchema
  const row = key === undefined ? undefined : eq(change.key, key)
  return zone.db
    .select({ revision: change.revision })
    .from(change)
    .where(and(eq(change.table, table), row))
}

function withChanges(zone: Zone, rows: readonly RevisionRow[]): JournalEntry[] {
  const { change } = cellSchema
  const changes = zone.db
    .select()
    .from(change)
    .where(
      inArray(
        change.revision,
        rows.map((row) => row.revision),
      ),
    )
    .orderBy(change.revision, change.seq)
    .all()
  return rows.map(({ previousHash: _, ...row }) => ({
    ...row,
    changes: changes
      .filter((each) => each.revision === row.revision)
      .map(({ table, key, beforeVersion, after }) => ({
        table: table as ZoneTableName,
        key,
        before: beforeVersion,
        after,
      })),
  }))
}
