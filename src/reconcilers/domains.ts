import { type DomainRepairDeps, repairDomains } from '../core/guests/repair.ts'
import type { Reconciler } from './reconciler.ts'

/** Libvirt's domains against the record, and what runs; libvirt's events bring changes sooner. */
export const createDomainsReconciler = (deps: DomainRepairDeps): Reconciler => ({
  name: 'domains',
  intervalMs: 60_000,
  run: () => repairDomains(deps),
})
