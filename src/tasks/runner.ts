import { randomUUID } from 'node:crypto'
import { AppError, notFound } from '../core/errors.ts'
import type { MakeRoom } from '../db/full-disk.ts'
import type { Database } from '../zone/zone.ts'
import { Admission } from './admission.ts'
import { TaskBus } from './bus.ts'
import { Engine, plain } from './engine.ts'
import { runForwards } from './forwards.ts'
import { History } from './history.ts'
import { Journal, type JournalRecord, type TaskRow } from './journal.ts'
import { cancelled, LiveTask, stopping } from './live.ts'
import { locks, wantedLocks } from './locks.ts'
import type { Outbox } from './outbox.ts'
import { TaskProcesses } from './processes.ts'
import type {
  Held,
  PlannedStep,
  Rehearsal,
  Saga,
  StartRequest,
  TaskFilter,
  TaskLog,
  Tasks,
  TaskView,
} from './saga.ts'
import { Slots } from './slots.ts'
import { unwind } from './unwind.ts'
import { isSettled, listTasks, taskView } from './views.ts'

export interface TaskRunnerOptions {
  db: Database
  log: TaskLog
  /** Carries the callbacks; without one a callback is refused as `unsupported`. */
  outbox?: Outbox
  /** Wall clock in milliseconds, for what people read. */
  clock?: () => number
  /** Steps at a time, default 16; reserving steps are not counted. */
  concurrency?: number
  /** After a failed write of the journal (a full disk) the task is taken up again; default 5 s. */
  reviveDelayMs?: number
  /** Asked where the disk is full; then the write of the journal is tried once more. */
  makeRoom?: MakeRoom
  hooks?: {
    /** Before each write of the journal; what it throws is as a failed write. For tests. */
    beforeRecord?(record: JournalRecord): void
  }
}

/**
 * The durable task engine: everything that it must know after `kill -9` stands in the tables `task`, `task_event`,
 * `task_lock` and `task_process`. Define the sagas, call `resume` before changes are accepted, `stop` at the end.
 */
export class TaskRunner implements Tasks {
  readonly #options: TaskRunnerOptions
  readonly #clock: () => number
  readonly #journal: Journal
  readonly #processes: TaskProcesses
  readonly #bus: TaskBus
  readonly #engine: Engine
  readonly #admission: Admission
  readonly #sagas = new Map<string, Saga<unknown>>()
  /** Running or unwinding in this process. */
  readonly #live = new Map<string, LiveTask>()
  readonly #driving = new Set<Promise<void>>()
  readonly #revivals = new Set<NodeJS.Timeout>()

  constructor(options: TaskRunnerOptions) {
    const { db, log, clock = Date.now, outbox } = options
    this.#options = options
    this.#clock = clock
    this.#bus = new TaskBus(log)
    this.#journal = new Journal({
      db,
      clock,
      beforeRecord: (record) => options.hooks?.beforeRecord?.(record),
      makeRoom: options.makeRoom,
    })
    this.#processes = new TaskProcesses(db, log)
    this.#engine = new Engine({
      journal: this.#journal,
      slots: new Slots(options.concurrency ?? 16),
      processes: this.#processes,
      outbox,
      log,
      clock,
      publish: (view) => this.#bus.publish(view),
      ended: (live) => this.#ended(live),
    })
    this.#admission = new Admission({
      db,
      engine: this.#engine,
      run: (live) => this.#drive(live),
      lost: (live, error) => this.#halt(live, error),
    })
  }

  define<P>(saga: Saga<P>): void {
    const names = new Set(saga.steps.map((step) => step.name))
    if (names.size !== saga.steps.length || names.size === 0)
      throw new Error(`the steps of '${saga.kind}' need names that differ, and there must be one`)
    if (this.#sagas.has(saga.kind)) throw new Error(`tasks of kind '${saga.kind}' are defined already`)
    this.#sagas.set(saga.kind, saga as Saga<unknown>)
  }

  async rehearse<P>({ kind, params, locks: asked, waitMs = 0 }: Rehearsal<P>): Promise<PlannedStep[]> {
    const waiting = this.#admission.rehearse(wantedLocks(asked), waitMs)
    const saga = this.#saga(kind)
    const kept = plain(params)
    await saga.check?.(kept)
    return [...waiting, ...planned(saga, kept)]
  }

  paramsOf<P>(id: string): P | undefined {
    return (this.#live.get(id)?.row ?? this.#journal.row(id))?.params as P | undefined
  }

  planOf(id: string): PlannedStep[] {
    const { kind, params } = this.#row(id)
    const saga = this.#sagas.get(kind)
    return saga ? planned(saga, params) : []
  }

  async start<P>(request: StartRequest<P>): Promise<TaskView> {
    const present = request.id === undefined ? undefined : this.get(request.id)
    if (present) return present
    const saga = this.#saga(request.kind)
    if (request.callback) await this.#checkCallback(request.callback)
    request.signal?.throwIfAborted()
    if (this.#engine.stopping) throw stopping()
    const live = new LiveTask(this.#newRow(saga, request), saga)
    return this.#admission.admit(live, { waitMs: request.waitMs ?? 0, signal: request.signal })
  }

  async wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<TaskView> {
    const view = taskView(this.#row(id))
    return isSettled(view.state) ? view : this.#bus.wait(id, timeoutMs, signal)
  }

  get(id: string): TaskView | undefined {
    const row = this.#live.get(id)?.row ?? this.#journal.row(id)
    return row && taskView(row)
  }

  events(id: string) {
    return this.#journal
      .events(id)
      .map(({ seq, step, event, data, time }) => ({ seq, step, event, data, time }))
  }

  list(filter: TaskFilter): { tasks: TaskView[]; total: number } {
    const { rows, total } = listTasks(this.#options.db, filter)
    return { tasks: rows.map((row) => taskView(this.#live.get(row.id)?.row ?? row)), total }
  }

  holder(subject: string): { task: TaskView; since: number } | undefined {
    const held = locks.holder(this.#options.db, subject)
    return held && { task: taskView(this.#row(held.task)), since: held.since }
  }

  waitsFor(id: string): Held | undefined {
    const clash = this.#admission.waitsFor(id)
    return clash && { task: taskView(this.#row(clash.task)), since: clash.since, subject: clash.subject }
  }

  subscribe(listener: (task: TaskView) => void): () => void {
    return this.#bus.subscribe(listener)
  }

  async cancel(id: string): Promise<TaskView> {
    const row = this.#row(id)
    if (row.state === 'stuck')
      throw new AppError('conflict', `task ${id} is stuck: retry, skip or abandon it instead`)
    if (isSettled(row.state))
      throw new AppError('conflict', `task ${id} has ended already: it is ${row.state}`)
    if (row.state === 'queued') return this.#admission.cancel(id)
    if (row.state === 'unwinding' || row.cancelRequested) return taskView(row)
    const live = this.#live.get(id)
    if (live?.isForwardOnly())
      throw new AppError('conflict', `task ${id} is past the step from which nothing can be taken back`)
    if (!live) throw new AppError('unavailable', `task ${id} is not taken up yet: try again in a moment`)
    this.#engine.record(live, { cancelRequested: true })
    live.forward.abort(cancelled())
    return taskView(live.row)
  }

  async retry(id: string, by?: string): Promise<TaskView> {
    this.#options.log.info({ task: id, by }, 'a stuck task is tried again')
    return this.#release(this.#stuck(id))
  }

  async skip(id: string, by?: string): Promise<TaskView> {
    const live = this.#stuck(id)
    live.note(live.row.step ?? '', 'skipped', { by: by ?? null })
    return this.#release(live)
  }

  async abandon(id: string, by?: string): Promise<TaskView> {
    const row = this.#stuckRow(id)
    const live = new LiveTask(row, this.#sagas.get(row.kind) ?? unknownSaga(row.kind))
    live.pending.push({ step: row.step ?? '', event: 'skipped', data: { by: by ?? null, abandoned: true } })
    this.#engine.finish(live, 'failed')
    return taskView(live.row)
  }

  /**
   * Takes up what the last run of the appliance left: ends the processes of cut steps, then runs on or unwinds. Returns how
   * many; they go on in the background, holding their locks. Call it before changes are accepted; called again after it
   * failed, it takes up what is not in hand yet.
   */
  async resume(): Promise<number> {
    const rows = this.#journal.rowsIn(['running', 'unwinding']).filter((row) => !this.#live.has(row.id))
    this.#processes.sweep()
    await Promise.all(rows.map((row) => this.#takeUp(row)))
    for (const row of this.#journal.rowsIn(['queued']))
      if (!this.#admission.isQueued(row.id)) this.#requeue(row)
    this.#options.outbox?.nudge()
    return rows.length
  }

  /** Resolves when no task is in hand; queued ones may still wait. */
  async idle(): Promise<void> {
    while (this.#driving.size > 0) await Promise.all(this.#driving)
  }

  /**
   * Cuts the running steps; nothing is unwound, the next start goes on. Resolves when all steps have let go, at the latest
   * after the grace.
   */
  async stop(graceMs = 10_000): Promise<void> {
    this.#engine.stopping = true
    for (const timer of this.#revivals) clearTimeout(timer)
    this.#admission.stop()
    for (const live of this.#live.values()) {
      live.forward.abort(stopping())
      live.backward.abort(stopping())
    }
    const timer = Promise.withResolvers<void>()
    const grace = setTimeout(timer.resolve, graceMs)
    await Promise.race([this.idle(), timer.promise])
    clearTimeout(grace)
  }

  async #checkCallback(callback: NonNullable<StartRequest<unknown>['callback']>): Promise<void> {
    const { outbox } = this.#options
    if (!outbox) throw new AppError('unsupported', 'callbacks are switched off here', { field: 'callback' })
    await outbox.check(callback)
  }

  #newRow<P>(saga: Saga<unknown>, request: StartRequest<P>): TaskRow {
    const params = plain(request.params)
    return {
      id: request.id ?? randomUUID(),
      kind: request.kind,
      subject: request.subject,
      title: saga.title(params),
      params,
      state: 'running',
      locks: wantedLocks(request.locks),
      step: null,
      progress: 0,
      result: null,
      error: null,
      cancelRequested: false,
      who: request.who,
      requestId: request.requestId,
      queuedUntil: null,
      callback: request.callback ?? null,
      createdAt: this.#clock(),
      startedAt: null,
      finishedAt: null,
    }
  }

  #saga(kind: string): Saga<unknown> {
    const saga = this.#sagas.get(kind)
    if (!saga) throw new Error(`no task of kind '${kind}' is defined`)
    return saga
  }

  #row(id: string): TaskRow {
    const row = this.#live.get(id)?.row ?? this.#journal.row(id)
    if (!row) throw notFound('task', id)
    return row
  }

  #stuckRow(id: string): TaskRow {
    const row = this.#row(id)
    if (row.state === 'stuck') return row
    throw new AppError('conflict', `task ${id} is not stuck: it is ${row.state}`)
  }

  #stuck(id: string): LiveTask {
    const row = this.#stuckRow(id)
    if (this.#engine.stopping) throw stopping()
    const saga = this.#sagas.get(row.kind)
    if (!saga)
      throw new AppError(
        'conflict',
        `this version does not know tasks of kind '${row.kind}': install one that does, or abandon the task`,
      )
    return new LiveTask(row, saga, History.ofCutTask(this.#journal.events(id)))
  }

  #release(live: LiveTask): TaskView {
    const state = live.way()
    const error = state === 'unwinding' ? (live.history.failure ?? null) : null
    this.#engine.record(live, { state, error })
    void this.#continue(live).catch((cause) => this.#halt(live, cause))
    return taskView(live.row)
  }

  /** From the journal; one of an unknown kind is stuck, never passed over. */
  async #takeUp(row: TaskRow): Promise<void> {
    const saga = this.#sagas.get(row.kind) ?? unknownSaga(row.kind)
    await this.#continue(new LiveTask(row, saga, History.ofCutTask(this.#journal.events(row.id))))
  }

  async #continue(live: LiveTask): Promise<void> {
    this.#live.set(live.id, live)
    try {
      await this.#processes.end(live.id)
      if (!this.#sagas.has(live.row.kind))
        throw new Error(`this version does not know tasks of kind '${live.row.kind}'`)
    } catch (error) {
      return this.#engine.stick(live, live.row.step ?? '', error, 'the task cannot go on')
    }
    this.#drive(live)
  }

  #requeue(row: TaskRow): void {
    const saga = this.#sagas.get(row.kind)
    const live = new LiveTask(row, saga ?? unknownSaga(row.kind))
    if (saga) this.#admission.requeue(live)
    else
      this.#engine.finish(live, 'failed', {
        error: { code: 'unsupported', message: `unknown kind '${row.kind}'` },
      })
  }

  #drive(live: LiveTask): void {
    this.#live.set(live.id, live)
    const driving = this.#run(live)
      .catch((error) => this.#halt(live, error))
      .finally(() => this.#driving.delete(driving))
    this.#driving.add(driving)
  }

  async #run(live: LiveTask): Promise<void> {
    const way = live.way() === 'running' ? await runForwards(this.#engine, live) : 'unwind'
    if (way === 'unwind') await unwind(this.#engine, live)
  }

  #ended(live: LiveTask): void {
    this.#live.delete(live.id)
    if (!isSettled(live.row.state)) this.#bus.settle(live.id, undefined)
    this.#admission.pump()
  }

  /** The journal could not be written. What stands there is the truth: the task is taken up from it again, later. */
  #halt(live: LiveTask, error: unknown): void {
    const { log, reviveDelayMs = 5_000 } = this.#options
    log.error(
      { err: error, task: live.id },
      'the task journal could not be written; the task is taken up again',
    )
    this.#engine.answer(live)?.reject(error)
    if (this.#engine.stopping) return
    const timer = setTimeout(() => {
      this.#revivals.delete(timer)
      void this.#revive(live.id).catch((cause) => this.#halt(live, cause))
    }, reviveDelayMs).unref()
    this.#revivals.add(timer)
  }

  async #revive(id: string): Promise<void> {
    this.#live.delete(id)
    const row = this.#journal.row(id)
    if (row === undefined) return this.#admission.pump()
    if (row.state === 'queued') return this.#requeue(row)
    if (isSettled(row.state)) return
    await this.#takeUp(row)
  }
}

const planned = (saga: Saga<unknown>, params: unknown): PlannedStep[] =>
  saga.steps.map((step) => ({ step: step.name, effects: step.describe(params) }))

/** Stands in for a kind that this version does not know; nothing of it is ever run. */
const unknownSaga = (kind: string): Saga<unknown> => ({ kind, title: () => kind, steps: [] })
