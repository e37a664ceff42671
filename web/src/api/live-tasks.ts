// What tasks do comes with the feed in words enough for a list: what a page shows of a task is changed in place, and only what
// the feed does not say is asked for.
import type { QueryClient } from '@tanstack/react-query'
import type { Answer } from './client.ts'

export type Task = Answer<'/tasks', 'get'>['tasks'][number]
export type TaskList = Answer<'/tasks', 'get'>
export type TaskDetails = Answer<'/tasks/{id}', 'get'>
export type TaskState = Task['state']

/** What the feed tells of a task. */
export type TaskEvent = Pick<
  Task,
  'id' | 'kind' | 'subject' | 'title' | 'state' | 'step' | 'progress' | 'who'
>

interface ListQuery {
  state?: string
  live?: string
  subject?: string
  kind?: string
  who?: string
}

type Effect<T> = { data: T; isStale: boolean }

const endings: readonly TaskState[] = ['done', 'failed', 'cancelled', 'superseded']
export const hasEnded = ({ state }: Pick<Task, 'state'>): boolean => endings.includes(state)

/** A list after the event, and whether it has to be asked for again; undefined where the event is none of its business. */
export function listAfter(list: TaskList, query: ListQuery, event: TaskEvent): Effect<TaskList> | undefined {
  const shown = list.tasks.find(({ id }) => id === event.id)
  if (!shown) return fits(query, event) ? { data: list, isStale: true } : undefined
  const isStale = shown.state !== event.state
  const tasks = list.tasks.map((task) => (task === shown ? moved(task, event) : task))
  return { data: { ...list, tasks }, isStale }
}

/** Times, results and errors come with the next reading. */
const moved = <T extends Task>(task: T, { state, step, progress }: TaskEvent): T => ({
  ...task,
  state,
  step: step ?? task.step,
  progress,
})

function fits({ state, live, subject, kind, who }: ListQuery, event: TaskEvent): boolean {
  if (state !== undefined && state !== event.state) return false
  if (live === 'true' && hasEnded(event)) return false
  return [
    [subject, event.subject],
    [kind, event.kind],
    [who, event.who],
  ].every(([wanted, has]) => wanted === undefined || wanted === has)
}

export const detailsAfter = (task: TaskDetails, event: TaskEvent): Effect<TaskDetails> => ({
  data: moved(task, event),
  isStale: task.state !== event.state || task.step !== event.step || task.state === 'queued',
})

// A batch of a hundred guests tells of hundreds of steps in a second.
const gatherMs = 250

/** Takes events of tasks into what is cached, and asks for what they do not say, at most four times a second. */
export function followTasks(client: QueryClient): (event: TaskEvent) => void {
  let stale = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const refetch = () => {
    timer = undefined
    const hashes = stale
    stale = new Set()
    void client.invalidateQueries({ predicate: ({ queryHash }) => hashes.has(queryHash) })
  }
  return (event) => {
    for (const { queryKey, queryHash, state } of client.getQueryCache().findAll()) {
      const effect = effectOn(queryKey, state.data, event)
      if (!effect) continue
      if (effect.data !== state.data) client.setQueryData(queryKey, effect.data)
      if (effect.isStale) stale.add(queryHash)
    }
    if (stale.size > 0 && timer === undefined) timer = setTimeout(refetch, gatherMs)
  }
}

/** The keys are of `reading` (query.ts): what lies under them is what the path answers. */
function effectOn(key: readonly unknown[], data: unknown, event: TaskEvent): Effect<unknown> | undefined {
  if (data === undefined) return undefined
  const [path, params] = key as [unknown, { path?: { id?: string }; query?: ListQuery } | undefined]
  if (path === '/tasks') return listAfter(data as TaskList, params?.query ?? {}, event)
  if (path === '/tasks/{id}' && params?.path?.id === event.id) return detailsAfter(data as TaskDetails, event)
  return undefined
}
