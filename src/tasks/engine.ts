import { currentTask } from './current.ts'
import { failureOf } from './failure.ts'
import type { Journal, JournalRecord, TaskRow } from './journal.ts'
import type { LiveTask } from './live.ts'
import type { Outbox } from './outbox.ts'
import type { TaskProcesses } from './processes.ts'
import type { StepContext, TaskLog, TaskView } from './saga.ts'
import type { Slots } from './slots.ts'
import { taskView } from './views.ts'

export type EndState = Extract<TaskRow['state'], 'done' | 'failed' | 'cancelled' | 'superseded'>

export interface EngineParts {
  journal: Journal
  slots: Slots
  processes: TaskProcesses
  outbox: Outbox | undefined
  log: TaskLog
  clock(): number
  /** After each change of a task that its caller knows of. */
  publish(view: TaskView): void
  /** It is in no hand any more: ended, refused or stuck. */
  ended(live: LiveTask): void
}

const progressEveryMs = 1_000

/** What running forwards and unwinding share: writing what happened, in memory only after it is on the disk. */
export class Engine {
  /** Set by shutdown: steps are cut and nothing of that is recorded. */
  stopping = false
  readonly parts: EngineParts

  constructor(parts: EngineParts) {
    this.parts = parts
  }

  /** Writes what the task has noted, and how its row changes with it. */
  record(live: LiveTask, patch: Partial<TaskRow>, extra: Extra = {}): void {
    this.parts.journal.write({ task: live.id, entries: live.pending, patch, ...extra })
    live.pending = []
    Object.assign(live.row, patch)
    if (live.caller === undefined) this.parts.publish(taskView(live.row))
  }

  /** The end of the task: one write with what came before it; locks are free and the message to the outside is kept. */
  finish(live: LiveTask, state: EndState, patch: Partial<TaskRow> = {}): void {
    const { callback } = live.row
    const last: Partial<TaskRow> = {
      ...patch,
      state,
      finishedAt: this.parts.clock(),
      // The secret has done its work once the message is signed.
      callback: callback && { url: callback.url, method: callback.method },
    }
    const view = taskView({ ...live.row, ...last })
    const outbox = callback ? this.parts.outbox?.message(view, callback) : undefined
    this.record(live, last, { locks: 'release', ...(outbox ? { outbox } : {}) })
    if (outbox) this.parts.outbox?.nudge()
    this.parts.ended(live)
  }

  /** Only a person can help: the task keeps its locks and shows what failed. */
  stick(live: LiveTask, step: string, error: unknown, prefix: string): void {
    const failure = failureOf(error)
    const shown = { ...failure, message: `${prefix}: ${failure.message}` }
    this.record(live, { state: 'stuck', step, error: shown })
    this.parts.log.error({ err: error, task: live.id, kind: live.row.kind, step }, 'a task is stuck')
    this.parts.ended(live)
  }

  /** The task was refused before its caller was answered: it goes without a trace. */
  refuse(live: LiveTask, error: unknown): void {
    this.parts.journal.write({ task: live.id, entries: [], remove: true })
    if (live.announced)
      this.parts.publish({ ...taskView(live.row), state: 'failed', error: failureOf(error) })
    this.parts.ended(live)
    this.answer(live)?.reject(error)
  }

  /** The caller is told that the task has been taken on. */
  accept(live: LiveTask): void {
    const caller = this.answer(live)
    if (caller === undefined) return
    const view = taskView(live.row)
    caller.resolve(view)
    this.parts.publish(view)
  }

  answer(live: LiveTask): LiveTask['caller'] {
    const { caller } = live
    live.caller = undefined
    return caller
  }

  /**
   * Does one step or undo, in a slot, if the task is still the one to do it. `forwards` may be cancelled. A stop during it
   * counts as `stopped` whatever the step made of it.
   */
  async attempt(live: LiveTask, step: string, work: Work): Promise<Outcome> {
    const { slots, processes } = this.parts
    if (work.queues) await slots.acquire()
    try {
      if (this.stopping) return { kind: 'stopped' }
      work.signal.throwIfAborted()
      if (live.saga.current && !(await live.saga.current(live.row.params))) return { kind: 'superseded' }
      const context = this.#context(live, step, work.signal)
      const scope = { taskId: live.id, step, processes }
      return { kind: 'ok', output: plain(await currentTask.run(scope, () => work.run(context))) }
    } catch (error) {
      return this.stopping ? { kind: 'stopped', error } : { kind: 'error', error }
    } finally {
      if (work.queues) slots.release()
    }
  }

  #context(live: LiveTask, step: string, signal: AbortSignal): StepContext<unknown> {
    const { who, requestId, params } = live.row
    return {
      taskId: live.id,
      params,
      outputs: live.history.outputs,
      signal,
      progress: (percent) => this.#progress(live, step, percent),
      who,
      requestId,
      commit: { who, requestId },
      log: this.parts.log,
    }
  }

  #progress(live: LiveTask, step: string, percent: number): void {
    const progress = live.progressAt(step, percent)
    if (live.row.state !== 'running' || live.row.step !== step || progress <= live.row.progress) return
    live.row.progress = progress
    const now = performance.now()
    if (now - live.progressWrittenAt >= progressEveryMs) {
      live.progressWrittenAt = now
      this.parts.journal.writeProgress(live.id, progress)
    }
    if (live.caller === undefined) this.parts.publish(taskView(live.row))
  }
}

type Extra = Pick<JournalRecord, 'locks' | 'outbox'>

export interface Work {
  signal: AbortSignal
  /** Waits for a slot; the reserving step, whose caller waits, does not. */
  queues: boolean
  run(context: StepContext<unknown>): Promise<unknown>
}

export type Outcome =
  | { kind: 'ok'; output: unknown }
  | { kind: 'error'; error: unknown }
  | { kind: 'superseded' }
  | { kind: 'stopped'; error?: unknown }

/** As it will be read back from the disk, so that a resumed task sees no other value than one that was never cut. */
export const plain = (value: unknown): unknown =>
  value === undefined ? null : JSON.parse(JSON.stringify(value))
