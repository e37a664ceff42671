import { sweepTasks } from '../tasks/retention.ts'
import type { Database } from '../zone/zone.ts'
import type { Reconciler } from './reconciler.ts'

/** More finished tasks than these are not kept, however young. */
const mostTasks = 100_000

export const createTasksReconciler = (deps: {
  db: Database
  maxAgeDays(): number
  clock(): number
}): Reconciler => ({
  name: 'tasks',
  intervalMs: 3_600_000,
  async run({ signal }) {
    const { db, clock } = deps
    const removed = await sweepTasks({
      db,
      clock,
      signal,
      maxAgeDays: deps.maxAgeDays(),
      maxTasks: mostTasks,
    })
    return { repaired: removed > 0 ? [`removed ${removed} old tasks`] : [], findings: [] }
  },
})
