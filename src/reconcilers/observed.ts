import type { Observed } from '../core/instances/observed.ts'
import type { Reconciler } from './reconciler.ts'

/** The addresses that guests have really been given. */
export const createObservedReconciler = (observed: Observed): Reconciler => ({
  name: 'observed',
  intervalMs: 15_000,
  async run() {
    await observed.refresh()
    return { repaired: [], findings: [] }
  },
})
