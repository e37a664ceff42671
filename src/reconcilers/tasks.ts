import type { Reconciler } from './reconciler.ts'

/** Finished tasks do not pile up. `sweep` answers how many went. */
export const createTasksReconciler = (sweep: (signal: AbortSignal) => Promise<number>): Reconciler => ({
  name: 'tasks',
  intervalMs: 3_600_000,
  async run({ signal }) {
    const removed = await sweep(signal)
    return { repaired: removed > 0 ? [`removed ${removed} old tasks`] : [], findings: [] }
  },
})
