import type { Launched } from '../../core/launch.ts'
import type { OperationReply } from '../operation.ts'

/**
 * A task's outcome in this dialect: 200 when it is done, 202 while it runs on; its id in the header `Nacelle-Task`. A dry
 * run answers the plan instead.
 */
export function launched(
  outcome: Launched,
  options: { data?: unknown; status?: number } = {},
): OperationReply {
  if ('plan' in outcome) return { data: { plan: outcome.plan }, status: 200 }
  const { task } = outcome
  return {
    data: options.data,
    status: options.status ?? (task.state === 'done' ? 200 : 202),
    headers: { 'Nacelle-Task': task.id },
  }
}
