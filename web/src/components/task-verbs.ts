import type { Task } from '../api/live-tasks.ts'
import type { Session } from '../api/session.ts'

export type TaskVerb = 'cancel' | 'retry' | 'skip' | 'abandon'
export const taskVerbs: readonly TaskVerb[] = ['cancel', 'retry', 'skip', 'abandon']

/** A refusal is a permission that is missing, or a reason of the state. */
export type VerbRefusal =
  | { permission: string }
  | { reason: 'ended' | 'notStuck' | 'isStuck' | 'isCancelling' }

/** Why this person cannot do that with the task now. Skipping and abandoning leave the host as it is, and need more. */
export function refusalOf(verb: TaskVerb, task: Task, session: Pick<Session, 'resource' | 'user'>) {
  return stateRefusal(verb, task) ?? permissionRefusal(verb, task, session)
}

function stateRefusal(verb: TaskVerb, { state, cancel_requested }: Task): VerbRefusal | undefined {
  if (verb !== 'cancel') return state === 'stuck' ? undefined : { reason: 'notStuck' }
  if (state === 'stuck') return { reason: 'isStuck' }
  if (state === 'unwinding' || (cancel_requested && state === 'running')) return { reason: 'isCancelling' }
  return state === 'queued' || state === 'running' ? undefined : { reason: 'ended' }
}

function permissionRefusal(
  verb: TaskVerb,
  { who }: Task,
  session: Pick<Session, 'resource' | 'user'>,
): VerbRefusal | undefined {
  const { resource, user } = session
  const mayWrite = resource.some(
    (held) => held === '*' || held === 'task.write' || (held === 'task.write.own' && who === user),
  )
  if (!mayWrite) return { permission: 'task.write' }
  const leavesHost = verb === 'skip' || verb === 'abandon'
  return leavesHost && !resource.some((held) => held === '*' || held === 'system.write')
    ? { permission: 'system.write' }
    : undefined
}
