import { and, eq } from 'drizzle-orm'
import { AppError } from '../core/errors.ts'
import { taskLock } from '../db/cell-schema.ts'
import type { Database } from '../zone/zone.ts'
import type { TaskRow } from './journal.ts'
import type { LockRequest } from './saga.ts'

/** Wanted locks as they are stored: no subject twice, exclusive where both were asked for. */
export interface Wanted {
  shared: string[]
  exclusive: string[]
}

export function wantedLocks({ shared = [], exclusive = [] }: LockRequest): Wanted {
  const alone = new Set(exclusive)
  return { shared: [...new Set(shared)].filter((subject) => !alone.has(subject)), exclusive: [...alone] }
}

/** A lock that stands in the way: who has it, on what, since when. */
export interface Clash {
  subject: string
  task: string
  since: number
}

/** Statements on `task_lock`; the caller's transaction makes them all or nothing. */
export const locks = {
  take(db: Database, task: string, wanted: Wanted, since: number): void {
    const rows = [
      ...wanted.shared.map((subject) => ({ subject, task, mode: 'shared' as const, since })),
      ...wanted.exclusive.map((subject) => ({ subject, task, mode: 'exclusive' as const, since })),
    ]
    if (rows.length > 0) db.insert(taskLock).values(rows).run()
  },

  release(db: Database, task: string): void {
    db.delete(taskLock).where(eq(taskLock.task, task)).run()
  },

  /** The first held lock that the wanted ones clash with. */
  clash(db: Database, wanted: Wanted): Clash | undefined {
    for (const subject of wanted.exclusive) {
      const held = db.select().from(taskLock).where(eq(taskLock.subject, subject)).limit(1).get()
      if (held) return held
    }
    for (const subject of wanted.shared) {
      const exclusive = and(eq(taskLock.subject, subject), eq(taskLock.mode, 'exclusive'))
      const held = db.select().from(taskLock).where(exclusive).limit(1).get()
      if (held) return held
    }
    return undefined
  },

  /** Who holds the subject: an exclusive holder, else the one that has shared it longest. */
  holder(db: Database, subject: string): Clash | undefined {
    const held = db.select().from(taskLock).where(eq(taskLock.subject, subject))
    return held.orderBy(taskLock.mode, taskLock.since).limit(1).get()
  },
}

/** The answer to whoever asked for a lock that another task has, or stands in line for. */
export function busy(clash: Clash, holder: TaskRow | undefined): AppError {
  const step = holder?.step ? `, step ${holder.step}` : ''
  const since = new Date(clash.since).toISOString()
  const name = holder ? `'${holder.title}' (task ${clash.task}${step})` : `task ${clash.task}`
  return new AppError(
    'busy',
    `${clash.subject} is in use by ${name} since ${since}: wait for it or cancel it`,
    {
      details: {
        holder: clash.task,
        kind: holder?.kind ?? null,
        title: holder?.title ?? null,
        step: holder?.step ?? null,
        since: clash.since,
        subject: clash.subject,
      },
    },
  )
}
