import { AppError } from '../core/errors.ts'
import { History } from './history.ts'
import type { Entry, EventName, TaskRow } from './journal.ts'
import type { Saga, Step, TaskView } from './saga.ts'

/** A task that this process has in hand. */
export class LiveTask {
  /** As it is on the disk, but for a fresher `progress`. */
  row: TaskRow
  readonly saga: Saga<unknown>
  readonly history: History
  /** Aborted by cancel and shutdown. */
  readonly forward = new AbortController()
  /** Aborted by shutdown only: an undo is not cancelled. */
  readonly backward = new AbortController()
  /** Whoever waits in `start()`; gone once it has been answered. */
  caller: PromiseWithResolvers<TaskView> | undefined
  /** It was told of before it was taken on, because it queued. */
  announced = false
  /** The step whose `started` is written already. */
  begun: string | undefined
  /** When progress was last written, by the monotonic clock. */
  progressWrittenAt = 0
  /** What happened and is not on the disk yet: written together with what happens next. */
  pending: Entry[] = []

  constructor(row: TaskRow, saga: Saga<unknown>, history = new History()) {
    this.row = row
    this.saga = saga
    this.history = history
    if (row.cancelRequested) this.forward.abort(cancelled())
  }

  note(step: string, event: EventName, data?: unknown): void {
    const entry = { step, event, data }
    this.history.add(entry)
    this.pending.push(entry)
  }

  get id(): string {
    return this.row.id
  }

  /** Past the step from which nothing can be taken back. */
  isForwardOnly(): boolean {
    return this.saga.steps.some((step) => step.irreversible && this.history.isBegun(step.name))
  }

  /** Which way it goes when it is taken up again. */
  way(): 'running' | 'unwinding' {
    if (this.isForwardOnly()) return 'running'
    const { state, cancelRequested } = this.row
    const turned = state === 'unwinding' || cancelRequested || this.history.unwinding
    return turned || this.history.failure !== undefined ? 'unwinding' : 'running'
  }

  nextUndo(): Step<unknown> | undefined {
    return this.saga.steps.findLast((step) => step.undo !== undefined && this.history.mustUndo(step.name))
  }

  /** Percent of the whole, with the running step at `percent`. */
  progressAt(step?: string, percent = 0): number {
    let total = 0
    let reached = 0
    for (const { name, weight = 1 } of this.saga.steps) {
      total += weight
      if (this.history.isPassed(name)) reached += weight
      else if (name === step) reached += (weight * Math.min(100, Math.max(0, percent || 0))) / 100
    }
    return total > 0 ? Math.floor((100 * reached) / total) : 0
  }
}

export const cancelled = () => new AppError('conflict', 'the task was cancelled')

export const stopping = () =>
  new AppError('unavailable', 'the appliance is stopping; what was begun goes on at its next start')
