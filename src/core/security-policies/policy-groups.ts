import { randomUUID } from 'node:crypto'
import { and, asc, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Change } from '../../zone/zone.ts'
import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, notFound } from '../errors.ts'
import { requireVersion } from '../expected-version.ts'
import { checkName, checkText } from '../identity/names.ts'
import { mayAny, requirePermission, requireToMake } from '../identity/permissions.ts'
import type { PolicyDeps } from './deps.ts'
import { isVisible, readPolicyGroup } from './record.ts'
import { ruleChanges } from './rule-changes.ts'
import { ruleAt } from './rules.ts'
import type {
  Enforced,
  PolicyGroup,
  PolicyGroupFilter,
  PolicyGroupRequest,
  SecurityRule,
} from './security-policy.ts'

export type PolicyGroups = ReturnType<typeof createPolicyGroups>

/** Rules that several guests share. A change is in force for every guest of the group when it is answered. */
export const createPolicyGroups = (deps: PolicyDeps) => ({
  /** By name; everything that the caller may see. */
  search: (op: OperationContext, filter: PolicyGroupFilter = {}): PolicyGroup[] => search(deps, op, filter),

  get(op: OperationContext, id: string): PolicyGroup {
    if (!mayAny(op.who, 'policy.read')) requirePermission(op, 'policy.read')
    return readPolicyGroup(deps.zone.db, op, id)
  },

  create: (op: OperationContext, request: PolicyGroupRequest): Promise<ChangePlan & { id: string }> =>
    create(deps, op, request),

  /** What is left out stays. */
  async modify(op: OperationContext, id: string, request: Partial<PolicyGroupRequest>): Promise<Enforced> {
    const group = writable(deps, op, id)
    const { version: _, ...row } = group
    const after = { ...row, ...request }
    checkRequest(deps, op, after)
    if (after.owner !== group.owner || after.group !== group.group) requireToMake(op, 'policy.write', after)
    return commit(deps, op, group, { after, what: 'its description' })
  },

  /** Refused while a guest uses it. */
  async remove(op: OperationContext, id: string): Promise<ChangePlan> {
    const group = writable(deps, op, id)
    checkUnused(deps, group)
    return commitPlanned(deps.zone, op, {
      action: `security_policy_group.remove ${group.name}`,
      effect: `delete the security policy group '${group.name}'`,
      changes: [{ table: 'securityPolicyGroup', key: id, before: group.version, after: null }],
    })
  },

  rule(op: OperationContext, id: string, index: number): SecurityRule {
    return ruleAt(this.get(op, id).rules, index)
  },
  ...ruleChanges((op, id, change) => changeRules(deps, op, id, change)),
})

function search({ zone }: PolicyDeps, op: OperationContext, filter: PolicyGroupFilter): PolicyGroup[] {
  if (!mayAny(op.who, 'policy.read')) requirePermission(op, 'policy.read')
  const anybodys = filter.owner === undefined && filter.group === undefined
  return zone.db
    .select()
    .from(schema.securityPolicyGroup)
    .orderBy(asc(schema.securityPolicyGroup.name), asc(schema.securityPolicyGroup.id))
    .all()
    .filter(
      (row) =>
        isVisible(op, row) &&
        (!filter.enabledOnly || row.enabled) &&
        (!filter.globalOnly || row.global) &&
        (anybodys || row.global || row.owner === filter.owner || row.group === filter.group),
    )
}

async function create(
  deps: PolicyDeps,
  op: OperationContext,
  request: PolicyGroupRequest,
): Promise<ChangePlan & { id: string }> {
  requireToMake(op, 'policy.write', request)
  checkRequest(deps, op, request)
  const id = randomUUID()
  const plan = await commitPlanned(deps.zone, op, {
    action: `security_policy_group.create ${request.name}`,
    effect: `make the security policy group '${request.name}'`,
    changes: [{ table: 'securityPolicyGroup', key: id, before: null, after: { ...request, id, rules: [] } }],
  })
  return { ...plan, id }
}

function checkRequest({ zone }: PolicyDeps, op: OperationContext, request: PolicyGroupRequest): void {
  const { user, userGroup } = schema
  checkName('name', request.name)
  checkText('description', request.description, 1024)
  // What is for all stands in everybody's lists.
  if (request.global) requirePermission(op, 'policy.write')
  if (!zone.db.select().from(user).where(eq(user.name, request.owner)).get())
    throw new AppError('not_found', `there is no user '${request.owner}'`, { field: 'user' })
  if (!zone.db.select().from(userGroup).where(eq(userGroup.name, request.group)).get())
    throw new AppError('not_found', `there is no user group '${request.group}'`, { field: 'group' })
}

/** Throws `not_found` where the caller may not even see it. */
function writable({ zone }: PolicyDeps, op: OperationContext, id: string): PolicyGroup {
  if (!mayAny(op.who, 'policy.write')) requirePermission(op, 'policy.write')
  const row = zone.db
    .select()
    .from(schema.securityPolicyGroup)
    .where(eq(schema.securityPolicyGroup.id, id))
    .get()
  const isWritable = row && (op.who.permissions.has('policy.write') || op.who.permissions.has('*'))
  if (!row || (!isWritable && !isVisible(op, row))) throw notFound('security policy group', id)
  requirePermission(op, 'policy.write', row)
  requireVersion(row, op)
  return row
}

/** Names at most so many guests. */
const namedGuests = 5

function checkUnused({ zone }: PolicyDeps, group: PolicyGroup): void {
  const guests = zone.db
    .select({ name: schema.guest.name, group: schema.guest.group })
    .from(schema.guest)
    .where(eq(schema.guest.securityPolicyGroup, group.id))
    .orderBy(asc(schema.guest.group), asc(schema.guest.name))
    .all()
  if (guests.length === 0) return
  const named = guests.slice(0, namedGuests).map((guest) => `${guest.group}.${guest.name}`)
  const more = guests.length > namedGuests ? ` and ${guests.length - namedGuests} more` : ''
  throw new AppError(
    'conflict',
    `the security policy group '${group.name}' is still used by ${named.join(', ')}${more}: give these another first`,
    { details: { guests: guests.length } },
  )
}

async function changeRules(
  deps: PolicyDeps,
  op: OperationContext,
  id: string,
  change: (rules: SecurityRule[]) => SecurityRule[],
): Promise<Enforced> {
  const group = writable(deps, op, id)
  const { version: _, ...row } = group
  return commit(deps, op, group, { after: { ...row, rules: change(group.rules) }, what: 'its rules' })
}

/** Its guests on this cell are held to it before the answer. */
async function commit(
  deps: PolicyDeps,
  op: OperationContext,
  group: PolicyGroup,
  { after, what }: { after: Omit<PolicyGroup, 'version'>; what: string },
): Promise<Enforced> {
  const { zone } = deps
  const changes: Change[] = [{ table: 'securityPolicyGroup', key: group.id, before: group.version, after }]
  const guests = zone.db
    .select({ id: schema.guest.id })
    .from(schema.guest)
    .where(and(eq(schema.guest.securityPolicyGroup, group.id), eq(schema.guest.cell, deps.cell)))
    .all()
    .map(({ id }) => id)
  const plan = await commitPlanned(zone, op, {
    action: `security_policy_group.modify ${group.name}`,
    effect: `change ${what} of the security policy group '${group.name}', which ${guests.length} guests here are held to`,
    changes,
  })
  const isDone = op.dryRun || guests.length === 0
  return { ...plan, inForce: isDone || (await deps.enforcer.enforce(guests)) }
}
