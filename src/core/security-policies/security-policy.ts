import type { GuestSecurityPolicy, SecurityRule } from '../../db/row-types.ts'
import type * as schema from '../../db/schema.ts'
import type { ChangePlan } from '../change-plan.ts'

export type { GuestSecurityPolicy, SecurityRule } from '../../db/row-types.ts'
export type PolicyGroup = typeof schema.securityPolicyGroup.$inferSelect
export type PolicyAction = SecurityRule['action']

/** A rule as a caller gives it; empty addresses and port 0 are any. */
export interface RuleRequest {
  action: PolicyAction
  protocol: SecurityRule['protocol']
  fromAddress?: string | null
  toAddress?: string | null
  toPort?: number | null
}

export interface PolicyGroupRequest {
  name: string
  description: string
  owner: string
  group: string
  enabled: boolean
  global: boolean
  defaultAction: PolicyAction
}

export interface PolicyGroupFilter {
  /** Theirs, and those for all; either may match. */
  owner?: string
  group?: string
  enabledOnly?: boolean
  globalOnly?: boolean
}

/** What a change did, and whether the host holds to it already. */
export interface Enforced extends ChangePlan {
  inForce: boolean
}

/** A guest's own part, and what holds where it says nothing. */
export interface GuestPolicyView extends GuestSecurityPolicy {
  /** The guest's own, else its group's, else accept. */
  effectiveAction: PolicyAction
  /** Id of its group. */
  group: string | null
  /** Of the guest's row. */
  version: number
}
