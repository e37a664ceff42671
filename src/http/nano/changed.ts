import type { ChangePlan } from '../../core/change-plan.ts'
import type { OperationContext } from '../../core/context.ts'
import { AppError } from '../../core/errors.ts'
import type { OperationReply, OperationRequest } from '../operation.ts'

/** The answer to a change that is done at once: nothing, or with a dry run the plan in the shape that tasks have. */
export const changed = (op: OperationContext, plan: ChangePlan): OperationReply =>
  op.dryRun ? { data: { plan: [{ step: 'commit', effects: plan.effects }] } } : {}

/** Headers of the answer to a GET of one thing. */
export const etag = (version: number) => ({ ETag: `"${version}"` })

/**
 * Throws `precondition_failed` when the caller says which version it has read, and that is not the present one. A
 * function is asked only then: who may write but not read, and asks for no version, needs not read.
 */
export function checkMatch(
  { header }: Pick<OperationRequest, 'header'>,
  present: number | (() => number),
): void {
  const wanted = header('if-match')
  if (wanted === undefined || wanted.trim() === '*') return
  const version = typeof present === 'number' ? present : present()
  const tags = wanted.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (!tags.includes(etag(version).ETag))
    throw new AppError(
      'precondition_failed',
      `this was changed meanwhile: its version is "${version}", not ${wanted}. Read it again.`,
    )
}
