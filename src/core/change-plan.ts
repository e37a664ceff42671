import type { Effect } from '../tasks/saga.ts'
import type { Change, CommitInfo, Zone } from '../zone/zone.ts'
import type { OperationContext } from './context.ts'

/** What a change did, or with a dry run would do. */
export interface ChangePlan {
  effects: Effect[]
}

/** How a service signs its commit in the journal; a dry run stays one. */
export const commitInfo = (op: OperationContext, action: string): CommitInfo => ({
  who: op.who.name,
  requestId: op.requestId,
  action,
  dryRun: op.dryRun,
})

/** How the check of a task signs the commit that it only tries. */
export const dryCommit = { who: 'system', requestId: 'dry-run', dryRun: true } as const

export interface PlannedCommit {
  /** For the journal, e.g. `user.create alice`. */
  action: string
  /** For people, e.g. `make the user 'alice'`. */
  effect: string
  changes: readonly Change[]
}

/** Commits, or with a dry run only checks, and says what that does. */
export async function commitPlanned(
  zone: Zone,
  op: OperationContext,
  plan: PlannedCommit,
): Promise<ChangePlan> {
  await zone.commit(commitInfo(op, plan.action), plan.changes)
  return { effects: [{ effect: plan.effect }] }
}
