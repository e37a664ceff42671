import { and, desc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { task } from '../db/cell-schema.ts'
import type { Database } from '../zone/zone.ts'
import type { TaskRow } from './journal.ts'
import type { TaskError, TaskFilter, TaskView } from './saga.ts'

/** Still owns its subject: waits, runs, or needs a person. */
export const liveStates: TaskRow['state'][] = ['queued', 'running', 'unwinding', 'stuck']

/** Will change by itself no more. */
export const isSettled = (state: TaskRow['state']): boolean =>
  state !== 'queued' && state !== 'running' && state !== 'unwinding'

export const taskView = (row: TaskRow): TaskView => ({
  id: row.id,
  kind: row.kind,
  subject: row.subject,
  title: row.title,
  state: row.state,
  step: row.step,
  progress: row.progress,
  result: row.result,
  error: row.error as TaskError | null,
  cancelRequested: row.cancelRequested,
  who: row.who,
  requestId: row.requestId,
  createdAt: row.createdAt,
  startedAt: row.startedAt,
  finishedAt: row.finishedAt,
})

/** A page of tasks, newest first, and how many there are. */
export function listTasks(db: Database, filter: TaskFilter): { rows: TaskRow[]; total: number } {
  const where = and(...conditions(filter))
  const total = db.select({ n: sql<number>`count(*)` }).from(task).where(where).get()!.n
  const rows = db
    .select()
    .from(task)
    .where(where)
    .orderBy(desc(task.createdAt), sql`rowid desc`)
    .limit(filter.limit)
    .offset(filter.offset ?? 0)
    .all()
  return { rows, total }
}

function conditions(filter: TaskFilter): SQL[] {
  const found: SQL[] = []
  if (filter.state) found.push(eq(task.state, filter.state))
  if (filter.live) found.push(inArray(task.state, liveStates))
  if (filter.subject !== undefined) found.push(eq(task.subject, filter.subject))
  if (filter.kind !== undefined) found.push(eq(task.kind, filter.kind))
  if (filter.who !== undefined) found.push(eq(task.who, filter.who))
  return found
}
