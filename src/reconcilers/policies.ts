import type { Enforcer } from '../core/security-policies/enforce.ts'
import type { Reconciler } from './reconciler.ts'

/** Filters at the cards of guests, and the policies of what is routed to them, as the record wants them. */
export const createPoliciesReconciler = (enforcer: Pick<Enforcer, 'repair'>): Reconciler => ({
  name: 'policies',
  intervalMs: 60_000,
  run: () => enforcer.repair(),
})
