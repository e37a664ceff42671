import { asc, eq, inArray, sql } from 'drizzle-orm'
import { outbox, task, taskEvent, taskProcess } from '../db/cell-schema.ts'
import { type MakeRoom, writeInRoom } from '../db/full-disk.ts'
import type { Database } from '../zone/zone.ts'
import { locks } from './locks.ts'

export type TaskRow = typeof task.$inferSelect
export type EventName = typeof taskEvent.$inferSelect.event
export type OutboxRow = typeof outbox.$inferInsert

export interface Entry {
  step: string
  event: EventName
  data?: unknown
}

/** One write of the journal: all of it or nothing is on the disk. */
export interface JournalRecord {
  task: string
  entries: readonly Entry[]
  /** Columns of the task row that change with it. */
  patch?: Partial<TaskRow>
  /** What becomes of the task's locks. */
  locks?: 'take' | 'release'
  outbox?: OutboxRow
  /** The task begins with this row, or was refused and goes without a trace. */
  insert?: TaskRow
  remove?: boolean
}

export interface JournalOptions {
  db: Database
  clock(): number
  beforeRecord(record: JournalRecord): void
  makeRoom?: MakeRoom
}

/** The rows of tasks. Each change is one transaction, and so one wait for the disk. */
export class Journal {
  readonly #db: Database
  readonly #options: JournalOptions

  constructor(options: JournalOptions) {
    this.#options = options
    this.#db = options.db
  }

  write(record: JournalRecord): void {
    const { clock, beforeRecord, makeRoom } = this.#options
    beforeRecord(record)
    writeInRoom(
      () => this.#db.transaction((tx) => apply(tx as unknown as Database, record, clock())),
      makeRoom,
    )
  }

  row = (id: string): TaskRow | undefined => this.#db.select().from(task).where(eq(task.id, id)).get()

  events = (id: string) =>
    this.#db.select().from(taskEvent).where(eq(taskEvent.task, id)).orderBy(asc(taskEvent.seq)).all()

  /** Rows in these states, in the order in which they came. */
  rowsIn = (states: TaskRow['state'][]): TaskRow[] =>
    this.#db
      .select()
      .from(task)
      .where(inArray(task.state, states))
      .orderBy(asc(task.createdAt), sql`rowid`)
      .all()

  /** Outside of the journal and without waiting for the disk: a lost progress figure is no loss. */
  writeProgress(id: string, progress: number): void {
    unsynced(this.#db, () => this.#db.update(task).set({ progress }).where(eq(task.id, id)).run())
  }
}

function apply(db: Database, record: JournalRecord, now: number): void {
  const id = record.task
  if (record.remove) {
    remove(db, id)
    return
  }
  if (record.insert) db.insert(task).values(record.insert).run()
  const { patch = {} } = record
  if (Object.keys(patch).length > 0) db.update(task).set(patch).where(eq(task.id, id)).run()
  append(db, record, now)
  if (record.locks === 'release') {
    locks.release(db, id)
    db.delete(taskProcess).where(eq(taskProcess.task, id)).run()
  }
  if (record.locks === 'take') {
    const row = db.select({ wanted: task.locks }).from(task).where(eq(task.id, id)).get()!
    locks.take(db, id, row.wanted, now)
  }
  if (record.outbox) db.insert(outbox).values(record.outbox).run()
}

function append(db: Database, { task: id, entries }: JournalRecord, time: number): void {
  if (entries.length === 0) return
  const last = db
    .select({ seq: sql<number>`coalesce(max(${taskEvent.seq}), 0)` })
    .from(taskEvent)
    .where(eq(taskEvent.task, id))
    .get()!.seq
  const rows = entries.map(({ step, event, data }, index) => ({
    task: id,
    seq: last + index + 1,
    step,
    event,
    data: data ?? null,
    time,
  }))
  db.insert(taskEvent).values(rows).run()
}

function remove(db: Database, id: string): void {
  locks.release(db, id)
  db.delete(taskProcess).where(eq(taskProcess.task, id)).run()
  db.delete(taskEvent).where(eq(taskEvent.task, id)).run()
  db.delete(task).where(eq(task.id, id)).run()
}

/**
 * Runs a write without waiting for the disk: it survives the end of the process, as any write does, but perhaps not a power
 * cut. In WAL mode a later synced commit carries it along. Never call it in a transaction.
 */
export function unsynced(db: Database, write: () => void): void {
  const { synchronous } = db.get<{ synchronous: number }>(sql`PRAGMA synchronous`)
  db.run(sql.raw(`PRAGMA synchronous = ${Math.min(synchronous, 1)}`))
  try {
    write()
  } finally {
    db.run(sql.raw(`PRAGMA synchronous = ${synchronous}`))
  }
}
