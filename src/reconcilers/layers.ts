import type { GuestDeps } from '../core/guests/deps.ts'
import { mergeWaiting } from '../core/snapshots/merge-waiting.ts'
import type { TaskView } from '../tasks/saga.ts'
import type { Reconciler } from './reconciler.ts'

/** Layers of deleted snapshots that had to wait are merged as soon as nothing stands in the way. */
export const createLayersReconciler = (deps: GuestDeps): Reconciler => ({
  name: 'layers',
  intervalMs: 60_000,
  run: async (op) => ({ repaired: await mergeWaiting(deps, op), findings: [] }),
})

/**
 * Whether the end of this task may have been what a layer waited for: a pass leaves out a guest that something is being
 * done to. Not the merge itself, which would begin anew for what it had to leave.
 */
export const letsLayersGo = ({ kind, subject, state }: TaskView): boolean =>
  subject.startsWith('guest:') && kind !== 'snapshot.merge' && ended.has(state)

const ended: ReadonlySet<TaskView['state']> = new Set(['done', 'failed', 'cancelled'])
