import type { ErrorCode } from '../core/errors.ts'

/** A kind of task: a list of named steps, each repeatable, run in order and undone in reverse. */
export interface Saga<P> {
  /** E.g. `guest.create`. */
  kind: string
  /** One line for people, e.g. `Create guest web1`. */
  title(params: P): string
  /**
   * What refuses the task at once. It changes nothing: a dry run asks it, and the reserving step asks it again under the
   * locks, where it says what it said here unless something has changed.
   */
  check?(params: P): Promise<void> | void
  /** Asked before each step and undo: `false` ends the task `superseded` (the guest has moved to another cell). */
  current?(params: P): Promise<boolean> | boolean
  /** The first step is the reserving one: it runs before the caller is answered, and its AppError is the answer. */
  steps: readonly Step<P>[]
  /** What a finished task tells its caller. */
  result?(params: P, outputs: Outputs): unknown
}

export type Outputs = Readonly<Record<string, unknown>>

export interface Step<P> {
  name: string
  /** Share of the task's progress; 1 when left out. */
  weight?: number
  /**
   * The exact commands and effects in words, for a dry run. Changes nothing and asks the host nothing; what it reads of the
   * record may have gone since, for a task that has ended is described too.
   */
  describe(params: P): Effect[]
  /**
   * Repeatable: after `kill -9` it runs again. When it throws it has cleaned up after itself. Output is JSON, and JSON is
   * what later steps see of it (no output becomes null).
   */
  run(context: StepContext<P>): Promise<unknown>
  /**
   * Repeatable. Left out where the step changes nothing that must be taken back. It also runs, then without the step's
   * own output, for a step that a crash cut and that was not finished afterwards: what it takes back may be there in
   * part or not at all.
   */
  undo?(context: StepContext<P>): Promise<void>
  /**
   * From here on nothing can be taken back, e.g. disks are let go. Once the step has started a cancel is refused, and when
   * it or a later one fails the task is not unwound but `stuck`: a retry repeats the failed step forwards.
   */
  irreversible?: boolean
}

export interface Effect {
  /** What will be done, e.g. `make a thin clone of debian12 (20 GiB) on pool local`. */
  effect: string
  /** Argument arrays of commands, where there are any. */
  commands?: readonly (readonly string[])[]
  /** Room that it needs on a storage pool at once; the most that it can be, where only the work tells. */
  space?: { pool: string; bytes: number }
  /** What feels it beside what is changed, e.g. `running guest staff.web1: cut off while it starts again`. */
  affects?: readonly string[]
}

export interface PlannedStep {
  step: string
  effects: Effect[]
}

export interface StepContext<P> {
  taskId: string
  params: P
  /** Outputs of the finished steps by name: the only way by which steps share. */
  outputs: Outputs
  /** Aborted by cancel (while running forwards) and by shutdown. */
  signal: AbortSignal
  /** Of this step, 0–100. Not durable for each call; written at most once a second. */
  progress(percent: number): void
  who: string
  requestId: string
  /** For zone.commit: `{...step.commit, action: 'guest.create web1'}`. */
  commit: { who: string; requestId: string }
  log: TaskLog
}

export interface TaskLog {
  debug(fields: object, message?: string): void
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

export interface LockRequest {
  shared?: readonly string[]
  exclusive?: readonly string[]
}

export interface StartRequest<P> {
  /** Chosen by whoever may have to start it again after a crash: a task that is there already is answered as it is. */
  id?: string
  kind: string
  /** `guest:<id>` and the like; what lists of tasks filter by. */
  subject: string
  params: P
  locks: LockRequest
  who: string
  requestId: string
  /** Milliseconds that the task may queue for its locks; 0 answers `busy` at once. */
  waitMs?: number
  /** The caller has gone: a task that still queues is dropped, one that runs is not. */
  signal?: AbortSignal
  callback?: { url: string; method: string; secret?: string }
}

export type Rehearsal<P> = Pick<StartRequest<P>, 'kind' | 'params' | 'locks' | 'waitMs'>

export type TaskState =
  | 'queued'
  | 'running'
  | 'unwinding'
  | 'done'
  | 'failed'
  | 'cancelled'
  | 'superseded'
  | 'stuck'

/** Why a task failed, as those may know who look after the host. */
export interface TaskError {
  code: ErrorCode | 'internal'
  message: string
  field?: string
  /** The command line that failed, and the end of what it wrote to standard error. */
  command?: string
  stderr?: string
}

export interface TaskView {
  id: string
  kind: string
  subject: string
  title: string
  state: TaskState
  step: string | null
  progress: number
  result: unknown
  error: TaskError | null
  cancelRequested: boolean
  who: string
  requestId: string
  createdAt: number
  startedAt: number | null
  finishedAt: number | null
}

export interface TaskFilter {
  state?: TaskState
  /** Only those not finished. */
  live?: boolean
  subject?: string
  kind?: string
  who?: string
  limit: number
  offset?: number
}

export interface TaskEventView {
  seq: number
  step: string
  event: string
  data: unknown
  time: number
}

/** A lock that a task has, and since when. */
export interface Held {
  task: TaskView
  since: number
  subject: string
}

/** What core uses of the engine (runner.ts). */
export interface Tasks {
  define<P>(saga: Saga<P>): void
  /**
   * The steps of a task that would be started, in words; changes nothing. Refuses what `start` would refuse: `busy` (with
   * `waitMs` the first step is the waiting), and what the saga's own check says.
   */
  rehearse<P>(request: Rehearsal<P>): Promise<PlannedStep[]>
  /** The same of a task that is there; empty when this version does not know its kind. */
  planOf(id: string): PlannedStep[]
  /** What the task was started with, as it was given; for the service that defined its kind. */
  paramsOf<P>(id: string): P | undefined
  /**
   * Takes the locks, runs the reserving step, and returns with the task running on. A refusal (busy, or an error of the
   * reserving step) leaves no task. `busy` details: {holder, kind, title, step, since, subject}.
   */
  start<P>(request: StartRequest<P>): Promise<TaskView>
  /** Resolves when the task has ended (any end) or is stuck, or rejects with `unavailable` after the time-out. */
  wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<TaskView>
  get(id: string): TaskView | undefined
  events(id: string): TaskEventView[]
  list(filter: TaskFilter): { tasks: TaskView[]; total: number }
  /** Who holds a subject now. */
  holder(subject: string): { task: TaskView; since: number } | undefined
  /** Who has the lock, or stands before it in the line, that a queued task waits for; undefined of every other task. */
  waitsFor(id: string): Held | undefined
  /**
   * Asks the task to stop and take back what it did; returns at once. A queued task ends at once. Throws `conflict` when it
   * has ended, is stuck, or is past the step from which nothing can be taken back. Asked during the last step it may come
   * too late: what is done stays done.
   */
  cancel(id: string): Promise<TaskView>
  /**
   * For stuck tasks (else `conflict`): the failed undo again; mark it undone by hand and go on; give up, keeping the
   * record, freeing the locks. `by` is noted in the task's events.
   */
  retry(id: string, by?: string): Promise<TaskView>
  skip(id: string, by?: string): Promise<TaskView>
  abandon(id: string, by?: string): Promise<TaskView>
  /** Called after each change of a task. */
  subscribe(listener: (task: TaskView) => void): () => void
}
