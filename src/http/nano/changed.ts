import type { ChangePlan } from '../../core/change-plan.ts'
import type { OperationContext } from '../../core/context.ts'
import type { OperationReply } from '../operation.ts'

/** The answer to a change that is done at once: nothing, or with a dry run the plan in the shape that tasks have. */
export const changed = (op: OperationContext, plan: ChangePlan): OperationReply =>
  op.dryRun ? { data: { plan: [{ step: 'commit', effects: plan.effects }] } } : {}

/** Headers of the answer to a GET of one thing. */
export const etag = (version: number) => ({ ETag: `"${version}"` })
