import { publicFailure } from '../tasks/failure.ts'
import type { Effect, LockRequest, TaskError, Tasks, TaskView } from '../tasks/saga.ts'
import type { OperationContext, Principal } from './context.ts'
import { AppError, hasCode, InternalError } from './errors.ts'
import { isOperator } from './tasks/shown.ts'

export type Plan = { step: string; effects: Effect[] }[]

/** A task that was started, or, in a dry run, what it would do. */
export type Launched = { task: TaskView } | { plan: Plan }

export interface Launch<P> {
  /** Where the caller names the task before it is there. */
  id?: string
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
    ...(request.id === undefined ? {} : { id: request.id }),
    kind,
    subject,
    params,
    locks,
    who: op.who.name,
    requestId: op.requestId,
    waitMs,
    signal: op.signal,
  })
  return { task: settleMs > 0 ? await settle(op, tasks, { task, settleMs }) : task }
}

async function settle(
  op: OperationContext,
  tasks: Tasks,
  { task, settleMs }: { task: TaskView; settleMs: number },
): Promise<TaskView> {
  let ended: TaskView
  try {
    ended = await tasks.wait(task.id, settleMs, op.signal)
  } catch (error) {
    if (hasCode(error, 'unavailable')) return tasks.get(task.id) ?? task
    throw error
  }
  if (ended.state === 'done' || ended.error === null) return ended
  throw failed(op.who, ended, ended.error)
}

/** What the caller is told of a task that has failed: its id, and what to do. */
function failed(who: Principal, task: TaskView, error: TaskError): Error {
  if (error.code !== 'internal')
    return new AppError(error.code, error.message, { field: error.field, details: { task: task.id } })
  if (!isOperator(who))
    return new InternalError(`${publicFailure(task, error).message}: ask one of them`, {
      details: { task: task.id },
    })
  const { message, command, stderr } = error
  return new InternalError(`task ${task.id} failed at step '${task.step}': ${message}; ${nextStep(task)}`, {
    details: { task: task.id, step: task.step, command, stderr },
  })
}

const nextStep = ({ id, state }: TaskView): string =>
  state === 'stuck'
    ? `it keeps its locks until you retry, skip or abandon it: 'nacelle task retry ${id}'`
    : `what it did was taken back: mend the cause and ask again`
