import type { Log } from '../context.ts'
import type { Hypervisor } from '../hypervisor.ts'
import type { RoutedPolicies } from '../traffic-filters.ts'
import type { PolicyDeps } from './deps.ts'
import { Enforcer } from './enforce.ts'
import { createGuestPolicies } from './guest-policies.ts'
import { createPolicyGroups } from './policy-groups.ts'

export interface SecurityPolicyDeps extends Omit<PolicyDeps, 'enforcer'> {
  hypervisor: Hypervisor
  routed: RoutedPolicies
  log: Log
}

export function createSecurityPolicies(deps: SecurityPolicyDeps) {
  const enforcer = new Enforcer(deps)
  const policyDeps = { ...deps, enforcer }
  return {
    enforcer,
    guestPolicies: createGuestPolicies(policyDeps),
    policyGroups: createPolicyGroups(policyDeps),
  }
}
