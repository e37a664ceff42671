import { and, count, desc, gte, inArray, like, lt } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Change, Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitInfo, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'

export interface LogEntry {
  /** Fourteen digits of time (UTC) and three that tell apart those of one second. */
  id: string
  time: number
  content: string
}

export interface LogQuery {
  /** Milliseconds, inclusive. Without both bounds: the last 24 hours. */
  after?: number
  /** Milliseconds, exclusive. */
  before?: number
  limit: number
  offset: number
}

export interface Logs {
  /** Newest first. */
  list(op: OperationContext, query: LogQuery): { entries: LogEntry[]; total: number }
  add(op: OperationContext, content: string): Promise<ChangePlan>
  /** All or none: throws `not_found` naming those that are not there. */
  remove(op: OperationContext, ids: readonly string[]): Promise<ChangePlan>
  /** A line that goes with another commit, signed with who did it and from where. */
  logChange(op: Pick<OperationContext, 'who' | 'address'>, text: string): Change<'logEntry'>
}

export const maxContent = 4096
const dayMs = 24 * 3600 * 1000
/** A commit holds 40 rows. */
const removalsPerCommit = 40

export function createLogs({ zone, clock = Date.now }: { zone: Zone; clock?: () => number }): Logs {
  const nextId = createIds(zone, clock)
  const entry = (content: string): Change<'logEntry'> => {
    const { id, time } = nextId()
    return { table: 'logEntry', key: id, before: null, after: { id, time, content } }
  }
  return {
    list: (op, query) => list(zone, op, withDefaults(query, clock())),
    async add(op, content) {
      // Everybody who has logged in: clients of the original write a line after most of what they do.
      if (op.who.kind === 'anonymous') requirePermission(op, 'log.write')
      if (content.trim() === '') throw invalid('content', 'a log entry needs some text')
      if (content.length > maxContent)
        throw invalid('content', `a log entry holds at most ${maxContent} characters, not ${content.length}`)
      return commitPlanned(zone, op, {
        action: 'log.add',
        effect: 'add a log entry',
        changes: [entry(content)],
      })
    },
    remove: (op, ids) => remove(zone, op, ids),
    logChange: (op, text) => entry(`${op.who.name}${op.address ? `(${op.address})` : ''}: ${text}`),
  }
}

const stamp = (time: number) => new Date(time).toISOString().replace(/\D/g, '').slice(0, 14)

/** Ids rise; what another process or an earlier run wrote in the same second is skipped. */
function createIds(zone: Zone, clock: () => number): () => { id: string; time: number } {
  let second = 0
  let index = 0
  return () => {
    const now = Math.floor(clock() / 1000)
    if (now > second) {
      second = now
      index = usedIndexes(zone, stamp(second * 1000))
    } else {
      index++
    }
    while (index > 999) index = usedIndexes(zone, stamp(++second * 1000))
    return { id: `${stamp(second * 1000)}${String(index).padStart(3, '0')}`, time: second * 1000 }
  }
}

function usedIndexes(zone: Zone, prefix: string): number {
  const last = zone.db
    .select({ id: schema.logEntry.id })
    .from(schema.logEntry)
    .where(like(schema.logEntry.id, `${prefix}%`))
    .orderBy(desc(schema.logEntry.id))
    .limit(1)
    .get()
  return last ? Number(last.id.slice(14)) + 1 : 0
}

const withDefaults = (query: LogQuery, now: number): LogQuery =>
  query.after === undefined && query.before === undefined ? { ...query, after: now - dayMs } : query

function list(zone: Zone, op: OperationContext, query: LogQuery) {
  requirePermission(op, 'log.read')
  const { id, time, content } = schema.logEntry
  const where = and(
    query.after === undefined ? undefined : gte(time, query.after),
    query.before === undefined ? undefined : lt(time, query.before),
  )
  const entries = zone.db
    .select({ id, time, content })
    .from(schema.logEntry)
    .where(where)
    .orderBy(desc(time), desc(id))
    .limit(query.limit)
    .offset(query.offset)
    .all()
  const total = zone.db.select({ total: count() }).from(schema.logEntry).where(where).get()?.total ?? 0
  return { entries, total }
}

async function remove(zone: Zone, op: OperationContext, ids: readonly string[]): Promise<ChangePlan> {
  requirePermission(op, 'log.write')
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) throw invalid('entries', 'name the ids of the entries to delete')
  if (wanted.length > 1000) throw invalid('entries', `at most 1000 entries at once, not ${wanted.length}`)
  const rows = zone.db.select().from(schema.logEntry).where(inArray(schema.logEntry.id, wanted)).all()
  const missing = wanted.filter((id) => !rows.some((row) => row.id === id))
  if (missing.length > 0)
    throw new AppError('not_found', `there is no log entry '${missing.slice(0, 5).join("', '")}'`, {
      field: 'entries',
    })
  const changes = rows.map(
    (row): Change => ({ table: 'logEntry', key: row.id, before: row.version, after: null }),
  )
  for (let start = 0; start < changes.length; start += removalsPerCommit)
    await zone.commit(commitInfo(op, 'log.remove'), changes.slice(start, start + removalsPerCommit))
  return { effects: [{ effect: `delete ${rows.length} log entries` }] }
}
