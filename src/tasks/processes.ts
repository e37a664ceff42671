import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { and, eq, inArray, notInArray } from 'drizzle-orm'
import { AppError } from '../core/errors.ts'
import { task, taskProcess } from '../db/cell-schema.ts'
import type { Database } from '../zone/zone.ts'
import { unsynced } from './journal.ts'
import type { TaskLog } from './saga.ts'
import { liveStates } from './views.ts'

const endTimeoutMs = 5_000
const pollMs = 5

/**
 * The processes that steps have started, kept on the disk so that a restart can end those of a cut step before it repeats
 * the step. Not synced: a power cut ends the processes too.
 */
export class TaskProcesses {
  readonly #db: Database
  readonly #log: TaskLog
  /** Started, but not yet on the disk. */
  readonly #arriving = new Set<number>()

  constructor(db: Database, log: TaskLog) {
    this.#db = db
    this.#log = log
  }

  /** Returns at once; until the row is there (a moment) only the parent-death signal guards the process. */
  record(task: string, pid: number): void {
    this.#arriving.add(pid)
    void this.#insert(task, pid).catch((error) =>
      this.#log.warn({ err: error, task, pid }, 'a process of a task could not be recorded'),
    )
  }

  forget(task: string, pid: number): void {
    if (this.#arriving.delete(pid)) return
    try {
      unsynced(this.#db, () => this.#delete(task, pid))
    } catch (error) {
      // A row too many is harmless: the start time tells a reused pid from ours.
      this.#log.warn({ err: error, task, pid }, 'a process of a task could not be forgotten')
    }
  }

  /** Ends what still runs of a task. Throws `unavailable` when a process cannot be ended. */
  async end(task: string): Promise<void> {
    const rows = this.#db.select().from(taskProcess).where(eq(taskProcess.task, task)).all()
    for (const { pid, startTime } of rows) {
      if ((await startTimeOf(pid)) === startTime) await this.#kill(task, pid, startTime)
      this.#delete(task, pid)
    }
  }

  /** Forgets those of tasks that have ended: the last run was killed before it could. */
  sweep(): void {
    const live = this.#db.select({ id: task.id }).from(task).where(inArray(task.state, liveStates))
    this.#db.delete(taskProcess).where(notInArray(taskProcess.task, live)).run()
  }

  #isLive(id: string): boolean {
    const live = and(eq(task.id, id), inArray(task.state, liveStates))
    return this.#db.select({ id: task.id }).from(task).where(live).get() !== undefined
  }

  async #kill(id: string, pid: number, startTime: string): Promise<void> {
    this.#log.warn({ task: id, pid }, 'a process of a cut step still runs: it is ended')
    signalFamily(pid)
    for (let waitedMs = 0; waitedMs < endTimeoutMs; waitedMs += pollMs) {
      if ((await startTimeOf(pid)) !== startTime) return
      await delay(pollMs)
    }
    throw new AppError('unavailable', `process ${pid} of the cut step does not end: end it, then retry`)
  }

  async #insert(id: string, pid: number): Promise<void> {
    const startTime = await startTimeOf(pid)
    if (!this.#arriving.delete(pid) || startTime === undefined) return
    // What serves later steps too (a shell of virsh that was opened anew) may outlive the task that has started it.
    if (!this.#isLive(id)) return
    const row = { task: id, pid, startTime }
    unsynced(this.#db, () => this.#db.insert(taskProcess).values(row).onConflictDoNothing().run())
  }

  #delete(task: string, pid: number): void {
    this.#db
      .delete(taskProcess)
      .where(and(eq(taskProcess.task, task), eq(taskProcess.pid, pid)))
      .run()
  }
}

/** Each child leads a process group of its own; one that does not is ended alone. */
function signalFamily(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL')
      return
    } catch {
      // No such group, or it has gone by itself.
    }
  }
}

let bootId: Promise<string> | undefined

/**
 * `<clock ticks since boot>/<boot>`: with the pid this names a process for ever. Undefined when there is none, or only its
 * unreaped remains.
 */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // The name of the program stands in parentheses and may hold anything; state is field 3, start time field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((text) => text.trim())
  return `${fields[19]}/${await bootId}`
}
