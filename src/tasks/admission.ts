import type { Database } from '../zone/zone.ts'
import type { Engine } from './engine.ts'
import { failureOf } from './failure.ts'
import { cancelled, type LiveTask, stopping } from './live.ts'
import { busy, type Clash, locks, type Wanted } from './locks.ts'
import { LockQueue, type Waiting } from './queue.ts'
import type { PlannedStep, TaskView } from './saga.ts'
import { taskView } from './views.ts'

interface Queued extends Waiting {
  live: LiveTask
  leave(): void
}

export interface AdmissionParts {
  db: Database
  engine: Engine
  /** The task has its locks and its first step is begun. */
  run(live: LiveTask): void
  /** The journal could not be written. */
  lost(live: LiveTask, error: unknown): void
}

/** Lets tasks in: with all their locks in one transaction, or into the line, or not at all. */
export class Admission {
  readonly #parts: AdmissionParts
  readonly #queue = new LockQueue<Queued>()

  constructor(parts: AdmissionParts) {
    this.#parts = parts
  }

  /** Resolves when the reserving step is done. Rejects with `busy` at once, or when the task has waited too long. */
  async admit(
    live: LiveTask,
    patience: { waitMs: number; signal: AbortSignal | undefined },
  ): Promise<TaskView> {
    const clash = this.#clash(live)
    if (clash && patience.waitMs <= 0) throw this.#busy(clash)
    live.caller = Promise.withResolvers()
    const { promise } = live.caller
    if (clash) this.#enqueue(live, patience)
    else this.#begin(live, { insert: true })
    return promise
  }

  /** What stands in the way of a task with these locks: thrown as `busy`, or, where it may wait, told as its first step. */
  rehearse(wanted: Wanted, waitMs: number): PlannedStep[] {
    const clash = this.#clashOf(wanted)
    if (!clash) return []
    const error = this.#busy(clash)
    if (waitMs <= 0) throw error
    const effect = `wait for at most ${waitMs / 1000} s: ${error.message.replace(/: wait for it.*$/, '')}`
    return [{ step: 'wait', effects: [{ effect }] }]
  }

  /** A queued task of an earlier run of the appliance; nobody waits for its answer any more. */
  requeue(live: LiveTask): void {
    const waitMs = Math.max(0, (live.row.queuedUntil ?? 0) - this.#parts.engine.parts.clock())
    this.#wait(live, { waitMs, signal: undefined })
    this.pump()
  }

  /** What a queued task stands in line for; undefined once it runs. */
  waitsFor(id: string): Clash | undefined {
    const queued = this.#queue.find(id)
    return queued && this.#clash(queued.live, queued)
  }

  isQueued = (id: string): boolean => this.#queue.find(id) !== undefined

  cancel(id: string): TaskView {
    const queued = this.#queue.find(id)
    if (!queued) throw stopping()
    const { engine } = this.#parts
    const { live } = queued
    const caller = engine.answer(live)
    this.#attempt(queued, () =>
      engine.finish(live, 'cancelled', {
        cancelRequested: true,
        queuedUntil: null,
        error: failureOf(cancelled()),
      }),
    )
    caller?.reject(cancelled())
    return taskView(live.row)
  }

  /** Lets in, in order, whose locks have become free. Called whenever locks were freed. */
  pump(): void {
    if (this.#parts.engine.stopping) return
    this.#queue.pump(
      (wanted) => locks.clash(this.#parts.db, wanted) === undefined,
      (queued) => {
        queued.leave()
        try {
          this.#begin(queued.live, { insert: false })
        } catch (error) {
          this.#parts.lost(queued.live, error)
        }
      },
    )
  }

  /** Callers that still wait are refused; queued tasks without one wait on after the next start. */
  stop(): void {
    for (const queued of this.#queue.all()) {
      queued.leave()
      if (queued.live.caller) this.#drop(queued, stopping())
    }
  }

  #enqueue(live: LiveTask, patience: { waitMs: number; signal: AbortSignal | undefined }): void {
    const queuedUntil = this.#parts.engine.parts.clock() + patience.waitMs
    const insert = { ...live.row, state: 'queued' as const, queuedUntil }
    this.#parts.engine.parts.journal.write({ task: live.id, entries: [], insert })
    live.row = insert
    live.announced = true
    this.#parts.engine.parts.publish(taskView(live.row))
    this.#wait(live, patience)
  }

  #wait(live: LiveTask, { waitMs, signal }: { waitMs: number; signal: AbortSignal | undefined }): void {
    const timer = setTimeout(() => this.#expire(queued), Math.min(waitMs, 2 ** 31 - 1))
    const onAbort = () => this.#drop(queued, signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const leave = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const queued = { id: live.id, wanted: live.row.locks, since: live.row.createdAt, live, leave }
    this.#queue.add(queued)
  }

  #begin(live: LiveTask, { insert }: { insert: boolean }): void {
    const { engine, run } = this.#parts
    const first = live.saga.steps[0]!.name
    live.note(first, 'started')
    const begun = {
      state: 'running' as const,
      step: first,
      startedAt: engine.parts.clock(),
      queuedUntil: null,
    }
    Object.assign(live.row, begun)
    engine.parts.journal.write({
      task: live.id,
      entries: live.pending,
      locks: 'take',
      ...(insert ? { insert: live.row } : { patch: begun }),
    })
    live.pending = []
    live.begun = first
    run(live)
  }

  #expire(queued: Queued): void {
    const { live } = queued
    const clash = this.#clash(live, queued)
    if (clash === undefined) {
      this.pump()
      return
    }
    const error = this.#busy(clash)
    if (live.caller) this.#drop(queued, error)
    else
      this.#attempt(queued, () =>
        this.#parts.engine.finish(live, 'failed', { error: failureOf(error), queuedUntil: null }),
      )
  }

  #drop(queued: Queued, error: unknown): void {
    const { engine } = this.#parts
    this.#attempt(queued, () => {
      engine.parts.journal.write({ task: queued.id, entries: [], remove: true })
      engine.parts.publish({ ...taskView(queued.live.row), state: 'failed', error: failureOf(error) })
    })
    engine.answer(queued.live)?.reject(error)
  }

  #attempt(queued: Queued, write: () => void): void {
    this.#take(queued)
    try {
      write()
      this.pump()
    } catch (error) {
      this.#parts.lost(queued.live, error)
    }
  }

  #take(queued: Queued): void {
    queued.leave()
    this.#queue.remove(queued)
  }

  /** What stands in the way: a held lock, or somebody further ahead in the line. */
  #clash(live: LiveTask, self?: Queued): Clash | undefined {
    return this.#clashOf(live.row.locks, self)
  }

  #clashOf(wanted: Wanted, self?: Queued): Clash | undefined {
    return locks.clash(this.#parts.db, wanted) ?? this.#queue.clash(wanted, self)
  }

  #busy(clash: Clash): Error {
    return busy(clash, this.#parts.engine.parts.journal.row(clash.task))
  }
}
