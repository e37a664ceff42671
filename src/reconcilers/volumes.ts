import { type RepairDeps, repairPool } from '../core/ledger/repair.ts'
import type { Reconciler, Summary } from './reconciler.ts'

export interface VolumesReconcilerDeps extends RepairDeps {
  pools(): string[]
  /** Ends uploads that nobody goes on with; returns in words what was ended. */
  expireUploads?(): Promise<string[]>
}

/** What lies on the pools against the ledger; what cannot be put right is a finding. */
export const createVolumesReconciler = (deps: VolumesReconcilerDeps): Reconciler => ({
  name: 'volumes',
  intervalMs: 300_000,
  run: () => reconcile(deps),
})

async function reconcile(deps: VolumesReconcilerDeps): Promise<Summary> {
  const summary: Summary = { repaired: (await deps.expireUploads?.()) ?? [], findings: [] }
  const errors: Error[] = []
  for (const pool of deps.pools()) {
    try {
      const { repaired, findings } = await repairPool(deps, pool)
      summary.repaired.push(...repaired)
      summary.findings.push(...findings)
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause)
      errors.push(new Error(`pool '${pool}': ${words}`, { cause }))
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '))
  return summary
}
