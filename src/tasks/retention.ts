import { setImmediate as turn } from 'node:timers/promises'
import { and, asc, inArray, isNotNull, lt, ne, type SQL, sql } from 'drizzle-orm'
import { outbox, task, taskEvent } from '../db/cell-schema.ts'
import type { Database } from '../zone/zone.ts'

export interface RetentionOptions {
  db: Database
  /** Finished tasks older than this go. */
  maxAgeDays: number
  /** Of finished tasks no more than these stay, the newest. */
  maxTasks: number
  /** Tasks removed in one transaction; default 100. */
  batchSize?: number
  clock?: () => number
  signal?: AbortSignal
}

const dayMs = 86_400_000
const ended = ['done', 'failed', 'cancelled', 'superseded'] as const

/**
 * Removes old finished tasks with their events, and old messages that wait no more. Never what is queued, runs or is stuck.
 * In small batches, giving way between them. Returns how many tasks went.
 */
export async function sweepTasks(options: RetentionOptions): Promise<number> {
  const { db, maxAgeDays, maxTasks, batchSize = 100, clock = Date.now, signal } = options
  const before = clock() - maxAgeDays * dayMs
  const isEnded = and(inArray(task.state, [...ended]), isNotNull(task.finishedAt))
  let removed = 0
  const sweep = async (where: SQL | undefined, most = Number.POSITIVE_INFINITY) => {
    for (let left = most; left > 0 && !signal?.aborted; ) {
      const gone = removeBatch(db, where, Math.min(left, batchSize))
      if (gone === 0) return
      left -= gone
      removed += gone
      await turn()
    }
  }
  await sweep(and(isEnded, lt(task.finishedAt, before)))
  const { n } = db.select({ n: sql<number>`count(*)` }).from(task).where(isEnded).get()!
  await sweep(isEnded, n - maxTasks)
  await sweepMessages({ db, before, batchSize, signal })
  return removed
}

/** The oldest first. */
function removeBatch(db: Database, where: SQL | undefined, limit: number): number {
  const rows = db
    .select({ id: task.id })
    .from(task)
    .where(where)
    .orderBy(asc(task.finishedAt))
    .limit(limit)
    .all()
  const ids = rows.map((row) => row.id)
  if (ids.length === 0) return 0
  db.transaction((tx) => {
    tx.delete(taskEvent).where(inArray(taskEvent.task, ids)).run()
    tx.delete(task).where(inArray(task.id, ids)).run()
  })
  return ids.length
}

interface MessageSweep {
  db: Database
  before: number
  batchSize: number
  signal: AbortSignal | undefined
}

async function sweepMessages({ db, before, batchSize, signal }: MessageSweep): Promise<void> {
  while (!signal?.aborted) {
    const old = and(ne(outbox.state, 'waiting'), lt(outbox.createdAt, before))
    const rows = db.select({ id: outbox.id }).from(outbox).where(old).limit(batchSize).all()
    const ids = rows.map((row) => row.id)
    if (ids.length > 0) db.delete(outbox).where(inArray(outbox.id, ids)).run()
    if (rows.length < batchSize) return
    await turn()
  }
}
