// What belongs to this cell alone, and is written beside zone.commit.
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { flag, json, key } from './columns.ts'

/** The audit journal: one row a commit, hash-chained, and what it changed (without secret columns). */
export const revision = sqliteTable('revision', {
  revision: integer('revision').primaryKey(),
  time: integer('time').notNull(),
  who: text('who').notNull(),
  requestId: text('request_id').notNull(),
  action: text('action').notNull(),
  previousHash: text('previous_hash').notNull(),
  hash: text('hash').notNull(),
})

export const change = sqliteTable(
  'change',
  {
    revision: integer('revision').notNull(),
    seq: integer('seq').notNull(),
    table: text('table_name').notNull(),
    key: text('row_key').notNull(),
    beforeVersion: integer('before_version'),
    /** The row as it became, null when it was deleted. */
    after: json<Record<string, unknown>>('after'),
  },
  (t) => [primaryKey({ columns: [t.revision, t.seq] })],
)

export const session = sqliteTable('session', {
  /** Public; what lists show. The secret that requests carry is stored hashed. */
  id: key('id'),
  secretHash: text('secret_hash').notNull(),
  user: text('user_name').notNull(),
  kind: text('kind').notNull(),
  address: text('address').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
})

export const task = sqliteTable('task', {
  id: key('id'),
  kind: text('kind').notNull(),
  /** What it is about, e.g. `guest:<id>`. */
  subject: text('subject').notNull(),
  title: text('title').notNull(),
  params: json<unknown>('params').notNull(),
  state: text('state')
    .$type<'queued' | 'running' | 'unwinding' | 'done' | 'failed' | 'cancelled' | 'superseded' | 'stuck'>()
    .notNull(),
  /** Wanted locks: `guest:<id>` and the like. */
  locks: json<{ shared: string[]; exclusive: string[] }>('locks').notNull(),
  step: text('step'),
  progress: integer('progress').notNull(),
  result: json<unknown>('result'),
  error: json<{ code: string; message: string; field?: string; command?: string }>('error'),
  cancelRequested: flag('cancel_requested'),
  who: text('who').notNull(),
  requestId: text('request_id').notNull(),
  /** Until when a queued task waits for its locks. */
  queuedUntil: integer('queued_until'),
  callback: json<{ url: string; method: string; secret?: string }>('callback'),
  createdAt: integer('created_at').notNull(),
  startedAt: integer('started_at'),
  finishedAt: integer('finished_at'),
})

export const taskEvent = sqliteTable(
  'task_event',
  {
    task: text('task_id').notNull(),
    seq: integer('seq').notNull(),
    step: text('step').notNull(),
    event: text('event')
      .$type<'started' | 'succeeded' | 'failed' | 'undo_started' | 'undone' | 'undo_failed' | 'skipped'>()
      .notNull(),
    data: json<unknown>('data'),
    time: integer('time').notNull(),
  },
  (t) => [primaryKey({ columns: [t.task, t.seq] })],
)

export const taskLock = sqliteTable(
  'task_lock',
  {
    subject: text('subject').notNull(),
    task: text('task_id').notNull(),
    mode: text('mode').$type<'shared' | 'exclusive'>().notNull(),
    since: integer('since').notNull(),
  },
  (t) => [primaryKey({ columns: [t.subject, t.task] })],
)

/** Processes that steps started, so that a restart can end them before the step is repeated. */
export const taskProcess = sqliteTable(
  'task_process',
  {
    task: text('task_id').notNull(),
    pid: integer('pid').notNull(),
    /** Start time in clock ticks since boot, field 22 of /proc/<pid>/stat: a reused pid is not ours. */
    startTime: text('start_time').notNull(),
  },
  (t) => [primaryKey({ columns: [t.task, t.pid] })],
)

/** Messages to the outside that must not be lost: signed callbacks of finished tasks. */
export const outbox = sqliteTable('outbox', {
  id: key('id'),
  task: text('task_id'),
  url: text('url').notNull(),
  method: text('method').notNull(),
  body: text('body').notNull(),
  headers: json<Record<string, string>>('headers').notNull(),
  attempts: integer('attempts').notNull(),
  nextAt: integer('next_at').notNull(),
  state: text('state').$type<'waiting' | 'sent' | 'failed'>().notNull(),
  lastError: text('last_error'),
  createdAt: integer('created_at').notNull(),
})

/** A resumable upload in flight; its bytes lie in a partial file of the pool. */
export const upload = sqliteTable('upload', {
  id: key('id'),
  image: text('image').notNull(),
  pool: text('pool').notNull(),
  volume: text('volume').notNull(),
  totalBytes: integer('total_bytes'),
  /** What the sender says the digest will be. */
  sha256: text('sha256'),
  who: text('who').notNull(),
  createdAt: integer('created_at').notNull(),
  touchedAt: integer('touched_at').notNull(),
})
