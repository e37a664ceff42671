import { AppError, notFound } from '../core/errors.ts'
import type { TaskLog, TaskView } from './saga.ts'
import { isSettled } from './views.ts'

type Listener = (task: TaskView) => void

/** Tells of changes of tasks, and lets callers wait for the end of one. */
export class TaskBus {
  readonly #listeners = new Set<Listener>()
  readonly #waiting = new Map<string, Set<(view: TaskView | undefined) => void>>()
  readonly #log: TaskLog

  constructor(log: TaskLog) {
    this.#log = log
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  publish(view: TaskView): void {
    for (const listener of this.#listeners) {
      try {
        listener(view)
      } catch (error) {
        // Whoever looks on must not be able to disturb a task.
        this.#log.error({ err: error, task: view.id }, 'a listener of tasks failed')
      }
    }
    if (isSettled(view.state)) this.settle(view.id, view)
  }

  /** Answers who waits; without a view the task has gone without a trace. */
  settle(id: string, view: TaskView | undefined): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    for (const answer of waiting ?? []) answer(view)
  }

  wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<TaskView> {
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const set = this.#waiting.get(id) ?? new Set()
      this.#waiting.set(id, set)
      const leave = () => {
        set.delete(answer)
        if (set.size === 0 && this.#waiting.get(id) === set) this.#waiting.delete(id)
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const answer = (view: TaskView | undefined) => {
        leave()
        if (view) resolve(view)
        else reject(notFound('task', id))
      }
      const onAbort = () => {
        leave()
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        leave()
        reject(new AppError('unavailable', `task ${id} has not ended within ${timeoutMs} ms; it goes on`))
      }, timeoutMs)
      set.add(answer)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}
