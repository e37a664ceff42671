import type { Saga, Step, StepContext, Tasks, TaskView } from '../../tasks/saga.ts'
import { AppError } from '../errors.ts'
import type { BatchItem, BatchItemView, BatchKind, BatchParams } from './batch.ts'

/** An item may wait so long for another task on its guest. */
const longestWaitMs = 600_000

const titles: Record<BatchKind, string> = { create: 'Create', delete: 'Delete', stop: 'Stop' }

/** One task with an item for each guest; what fails for one does not keep the others from it. */
export const runBatch = (what: BatchKind, tasks: Tasks, refusals: Refusals): Saga<BatchParams> => ({
  kind: `batch.${what}`,
  title: ({ items }) => `${titles[what]} ${items.length} guests`,
  steps: [accept, work(what, { tasks, refusals })],
  result: (_params, outputs) => outputs['items'],
})

/** The caller of a task waits for its first step, and must not wait for all guests. */
const accept: Step<BatchParams> = {
  name: 'accept',
  weight: 0.01,
  describe: () => [],
  run: async () => undefined,
}

/** What became of items that were refused when they were to begin: they leave no task that could be asked. */
export type Refusals = Map<string, string>

interface Parts {
  tasks: Tasks
  refusals: Refusals
}

const work = (what: BatchKind, parts: Parts): Step<BatchParams> => ({
  name: 'items',
  // What has been done for one guest stays done when another one's turn fails or the batch is cancelled.
  irreversible: true,
  describe: ({ items }) =>
    items
      .filter(({ refused }) => refused === undefined)
      .map(({ name }) => ({ effect: `${titles[what].toLowerCase()} guest ${name}` })),
  async run(context) {
    const { items, parallel } = context.params
    const line = [...items]
    let ended = 0
    const lane = async () => {
      for (let item = line.shift(); item; item = line.shift()) {
        context.signal.throwIfAborted()
        await attempt(parts, context, item)
        context.progress((++ended / items.length) * 100)
      }
    }
    await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, lane))
    return itemViews(parts, items)
  },
})

async function attempt(parts: Parts, context: StepContext<BatchParams>, item: BatchItem): Promise<void> {
  const { start } = item
  if (!start) return
  const { tasks, refusals } = parts
  const { signal, who, requestId } = context
  try {
    const { task, ...request } = start
    const subject = `guest:${item.guest}`
    await tasks.start({ ...request, id: task, subject, who, requestId, waitMs: longestWaitMs, signal })
  } catch (error) {
    signal.throwIfAborted()
    refusals.set(start.task, error instanceof AppError ? error.message : 'internal error; the log tells more')
    context.log.warn({ err: error, guest: item.guest }, 'an item of a batch was refused')
    return
  }
  await ending(tasks, start.task, signal)
}

const patienceMs = 3_600_000

async function ending(tasks: Tasks, id: string, signal: AbortSignal): Promise<void> {
  try {
    await tasks.wait(id, patienceMs, signal)
  } catch (error) {
    // A batch that is cancelled takes back what is on its way.
    if (signal.aborted) await tasks.cancel(id).catch(() => undefined)
    throw error
  }
}

/** How far each has come, as far as its task is still known. */
export const itemViews = (parts: Parts, items: readonly BatchItem[]): BatchItemView[] =>
  items.map((item) => {
    const { guest, name, refused, start } = item
    const error = refused ?? (start && parts.refusals.get(start.task))
    if (error !== undefined) return { guest, name, state: 'failed', progress: 0, error }
    return { guest, name, ...stateOf(start && parts.tasks.get(start.task)) }
  })

function stateOf(task: TaskView | undefined): Pick<BatchItemView, 'state' | 'progress' | 'error'> {
  if (!task || task.state === 'queued') return { state: 'waiting', progress: 0 }
  const { state, progress, error } = task
  if (state === 'done') return { state: 'done', progress: 100 }
  if (state === 'running' || state === 'unwinding') return { state: 'running', progress }
  return { state: 'failed', progress, error: error?.message ?? `its task is ${state}` }
}
