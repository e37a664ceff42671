import type { Effect, LockRequest, Tasks, TaskView } from '../tasks/saga.ts'
import type { OperationContext } from './context.ts'
import { AppError, hasCode } from './errors.ts'

export type Plan = { step: string; effects: Effect[] }[]

/** A task that was started, or, in a dry run, what it would do. */
export type Launched = { task: TaskView } | { plan: Plan }

export interface Launch<P> {
  kind: string
  subject: string
  params: P
  locks: LockRequest
  /** How long the caller waits for the end, in milliseconds; a longer task is answered while it runs. 0: not at all. */
  settleMs: number
}

/** Starts a task for a caller; which versions it means goes with it. What fails within `settleMs` is thrown as if it had been done at once. */
export async function launch<P>(op: OperationContext, tasks: Tasks, request: Launch<P>): Promise<Launched> {
  const { kind, subject, locks, settleMs } = request
  const { ifVersions, waitMs } = op
  const params = ifVersions === undefined ? request.params : { ...request.params, ifVersions }
  if (op.dryRun) return { plan: await tasks.rehearse({ kind, params, locks, waitMs }) }
  const task = await tasks.start({
    kind,
    subject,
    params,
    locks,
    who: op.who.name,
    requestId: op.requestId,
    waitMs,
    signal: op.signal,
  })
  return { task: settleMs > 0 ? await settle(tasks, task, settleMs, op.signal) : task }
}

async function settle(
  tasks: Tasks,
  task: TaskView,
  settleMs: number,
  signal: AbortSignal,
): Promise<TaskView> {
  let ended: TaskView
  try {
    ended = await tasks.wait(task.id, settleMs, signal)
  } catch (error) {
    if (hasCode(error, 'unavailable')) return tasks.get(task.id) ?? task
    throw error
  }
  if (ended.state === 'done' || ended.error === null) return ended
  const { code, message, field } = ended.error
  if (code === 'internal') throw new Error(`task ${task.id}: ${message}`)
  throw new AppError(code, message, { field, details: { task: task.id } })
}
