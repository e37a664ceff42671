import type { Tasks, TaskView } from '../../tasks/saga.ts'

export interface TaskEvent {
  task: TaskView
  /** Milliseconds since 1970. */
  time: number
}

/** Tasks are of one cell and no rows of the zone: they are told as they change, and no revision counts them. */
export interface TaskFeed {
  subscribe(listener: (event: TaskEvent) => void): () => void
}

// What a person sees move; more often it would be work for every browser and no use to anybody.
const progressEveryMs = 250

/** What was told last of a task that goes on. */
interface Told {
  mark: string
  at: number
  timer: NodeJS.Timeout | undefined
  latest: TaskView
}

/** Each start, step, end and stuck task is told at once, mere progress of one at most four times a second. */
export const createTaskFeed = ({ tasks, now }: { tasks: Tasks; now(): number }): TaskFeed => ({
  subscribe(listener) {
    const told = new Map<string, Told>()
    const tell = (task: TaskView) => {
      clearTimeout(told.get(task.id)?.timer)
      if (hasEnded(task)) told.delete(task.id)
      else told.set(task.id, { mark: markOf(task), at: performance.now(), timer: undefined, latest: task })
      listener({ task, time: now() })
    }
    const leave = tasks.subscribe((task) => {
      const last = told.get(task.id)
      const wait = last?.mark === markOf(task) ? last.at + progressEveryMs - performance.now() : 0
      if (last === undefined || wait <= 0) return tell(task)
      last.latest = task
      last.timer ??= setTimeout(() => tell(last.latest), wait).unref()
    })
    return () => {
      leave()
      for (const { timer } of told.values()) clearTimeout(timer)
    }
  },
})

const markOf = ({ state, step, cancelRequested }: TaskView) => `${state} ${step} ${cancelRequested}`

const hasEnded = ({ finishedAt, state }: TaskView) => finishedAt !== null || state === 'failed'
