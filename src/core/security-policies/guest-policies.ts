import { commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, notFound } from '../errors.ts'
import { requireVersion } from '../expected-version.ts'
import type { Guest } from '../guests/guest.ts'
import { findGuest, readReadyGuest, update } from '../guests/record.ts'
import { mayAny, type Permission, requirePermission } from '../identity/permissions.ts'
import type { PolicyDeps } from './deps.ts'
import { checkUsable, policyOf } from './record.ts'
import { ruleChanges } from './rule-changes.ts'
import { ruleAt } from './rules.ts'
import type { Enforced, GuestPolicyView, PolicyAction, SecurityRule } from './security-policy.ts'

export type GuestPolicies = ReturnType<typeof createGuestPolicies>

/** A guest's own rules, which come before those of its group. A change is in force when it is answered. */
export const createGuestPolicies = (deps: PolicyDeps) => ({
  get(op: OperationContext, id: string): GuestPolicyView {
    const guest = known(deps, op, id, 'guest.read')
    return {
      ...guest.securityPolicy,
      effectiveAction: policyOf(deps.zone.db, guest).otherwise,
      group: guest.securityPolicyGroup,
      version: guest.version,
    }
  },

  /** Null leaves it to the group. */
  setDefault(op: OperationContext, id: string, action: PolicyAction | null): Promise<Enforced> {
    const guest = changeable(deps, op, id)
    const values = { securityPolicy: { ...guest.securityPolicy, defaultAction: action } }
    return commit(deps, op, guest, { values, what: `default action ${action ?? 'of its group'}` })
  },

  setGroup(op: OperationContext, id: string, group: string | null): Promise<Enforced> {
    const guest = changeable(deps, op, id)
    if (group !== null && group !== guest.securityPolicyGroup) checkUsable(deps.zone.db, op, group)
    const values = { securityPolicyGroup: group }
    return commit(deps, op, guest, { values, what: group === null ? 'no group' : `group ${group}` })
  },

  rule(op: OperationContext, id: string, index: number): SecurityRule {
    return ruleAt(this.get(op, id).rules, index)
  },
  ...ruleChanges((op, id, change) => changeRules(deps, op, id, change)),
})

/** Throws `not_found` alike for one that is not there and one that is not the caller's to see. */
function known({ zone }: PolicyDeps, op: OperationContext, id: string, permission: Permission): Guest {
  const guest = findGuest(zone, id)
  if (!guest || !mayAny(op.who, permission)) throw notFound('guest', id)
  requirePermission(op, permission, guest)
  return guest
}

/** A task on the guest has read its row and would find it changed in the middle: it goes first. */
function changeable(deps: PolicyDeps, op: OperationContext, id: string): Guest {
  const guest = known(deps, op, id, 'guest.write')
  requireVersion(guest, op)
  readReadyGuest(deps.zone, id)
  const holder = deps.tasks.holder(`guest:${id}`)
  if (holder)
    throw new AppError(
      'busy',
      `guest '${guest.name}' is held by the task '${holder.task.title}'; try again`,
      {
        details: { task: holder.task.id },
      },
    )
  return guest
}

async function changeRules(
  deps: PolicyDeps,
  op: OperationContext,
  id: string,
  change: (rules: SecurityRule[]) => SecurityRule[],
): Promise<Enforced> {
  const guest = changeable(deps, op, id)
  const rules = change(guest.securityPolicy.rules)
  const values = { securityPolicy: { ...guest.securityPolicy, rules } }
  return commit(deps, op, guest, { values, what: `${rules.length} rules` })
}

async function commit(
  deps: PolicyDeps,
  op: OperationContext,
  guest: Guest,
  { values, what }: { values: Partial<Guest>; what: string },
): Promise<Enforced> {
  const plan = await commitPlanned(deps.zone, op, {
    action: `guest.set_policy ${guest.name}: ${what}`,
    effect: `hold guest '${guest.name}' to another security policy: ${what}`,
    changes: [
      update('guest', guest, { ...values, modifiedAt: deps.now() }),
      deps.logLine(op.who.name, `changed the security policy of guest ${guest.group}.${guest.name}: ${what}`),
    ],
  })
  return { ...plan, inForce: op.dryRun || (await deps.enforcer.enforce([guest.id])) }
}
