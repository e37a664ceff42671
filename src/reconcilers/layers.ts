import type { GuestDeps } from '../core/guests/deps.ts'
import { mergeWaiting } from '../core/snapshots/merge-waiting.ts'
import type { Reconciler } from './reconciler.ts'

/** Layers of deleted snapshots that had to wait are merged as soon as nothing stands in the way. */
export const createLayersReconciler = (deps: GuestDeps): Reconciler => ({
  name: 'layers',
  intervalMs: 60_000,
  run: async (op) => ({ repaired: await mergeWaiting(deps, op), findings: [] }),
})
