import * as v from 'valibot'
import type { OperationContext } from '../../core/context.ts'
import type { GuestPolicies } from '../../core/security-policies/guest-policies.ts'
import type { PolicyGroups } from '../../core/security-policies/policy-groups.ts'
import type { PolicyGroup, PolicyGroupRequest } from '../../core/security-policies/security-policy.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'
import { idParams } from './guest-schemas.ts'
import { action, enforced, enforcedStatus, ruleElement, ruleReply } from './security-rule-schemas.ts'
import { ruleOperations } from './security-rules.ts'

const groupTag = 'Security policy groups'
const guestTag = 'Security policies'

const text = (description: string) => v.pipe(v.string('must be text'), v.description(description))
const flag = (description: string) => v.pipe(v.boolean('must be true or false'), v.description(description))

const groupParams = v.object({ id: text('Id of the security policy group.') })

const groupEntries = {
  name: text('Unique within its user group.'),
  description: text('For people.'),
  user: text('Owner.'),
  group: text('User group.'),
  enabled: flag('A disabled one has no effect on its guests.'),
  global: flag('Usable by everybody.'),
  default_action: action('What happens to what no rule fits.'),
}

const groupReply = v.pipe(
  v.object({ id: v.string(), ...groupEntries }),
  v.metadata({ ref: 'SecurityPolicyGroup' }),
)

const optionalEntries = {
  description: v.optional(groupEntries.description),
  user: v.optional(groupEntries.user),
  group: v.optional(groupEntries.group),
  enabled: v.optional(groupEntries.enabled),
  global: v.optional(groupEntries.global),
  default_action: v.optional(groupEntries.default_action),
}
const createBody = v.object({ name: groupEntries.name, ...optionalEntries })
const modifyBody = v.object({ name: v.optional(groupEntries.name), ...optionalEntries })

const element = (group: PolicyGroup) => ({
  id: group.id,
  name: group.name,
  description: group.description,
  user: group.owner,
  group: group.group,
  enabled: group.enabled,
  global: group.global,
  default_action: group.defaultAction,
})

/** What is left out stays out. */
function fromBody(body: v.InferOutput<typeof modifyBody>): Partial<PolicyGroupRequest> {
  const { user, default_action, ...same } = body
  const given = { ...same, owner: user, defaultAction: default_action }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** A new group is its maker's, enabled, for its own group only, and accepts what no rule fits. */
const withDefaults = (op: OperationContext, body: v.InferOutput<typeof createBody>): PolicyGroupRequest => ({
  description: '',
  owner: op.who.name,
  group: op.who.groups[0] ?? '',
  enabled: true,
  global: false,
  defaultAction: 'accept',
  ...fromBody(body),
  name: body.name,
})

const choice = v.optional(v.picklist(['true', 'false'], 'must be true or false'))

export interface SecurityPolicyServices {
  policyGroups: PolicyGroups
  guestPolicies: GuestPolicies
}

export const securityPolicyOperations = (services: SecurityPolicyServices): Operation[] => [
  ...groupOperations(services.policyGroups),
  ...ruleOperations(services.policyGroups, {
    prefix: 'security_policy_group',
    path: '/security_policy_groups/:id',
    aliases: [],
    params: groupParams,
    tag: groupTag,
    of: 'a security policy group',
    read: 'policy.read',
    write: 'policy.write',
  }),
  ...guestOperations(services.guestPolicies),
  ...ruleOperations(services.guestPolicies, {
    prefix: 'guest_policy',
    path: '/guest/:id/security_policy',
    aliases: ['/guests/:id/security_policy'],
    params: idParams,
    tag: guestTag,
    of: 'a guest',
    read: 'guest.read',
    write: 'guest.write',
  }),
]

const groupOperations = (groups: PolicyGroups): Operation[] => [
  operation({
    id: 'security_policy_group.list',
    method: 'GET',
    path: '/security_policy_groups',
    summary: 'Every security policy group that the caller may use',
    tag: groupTag,
    reply: v.array(groupReply),
    access: 'policy.read',
    handle: (op) => ({ data: groups.search(op).map(element) }),
  }),
  operation({
    id: 'security_policy_group.search',
    method: 'GET',
    path: '/search/security_policy_groups',
    summary: 'Those of an owner or a group, and those for all',
    tag: groupTag,
    query: v.object({
      owner: v.optional(text('Owner; with a group, either may match.')),
      group: v.optional(text('User group.')),
      enabled_only: choice,
      global_only: choice,
    }),
    reply: v.array(groupReply),
    access: 'policy.read',
    handle(op, { query }) {
      const { owner, group } = query
      const found = groups.search(op, {
        // Clients of the original send empty ones.
        ...(owner ? { owner } : {}),
        ...(group ? { group } : {}),
        enabledOnly: query.enabled_only === 'true',
        globalOnly: query.global_only === 'true',
      })
      return { data: found.map(element) }
    },
  }),
  operation({
    id: 'security_policy_group.get',
    method: 'GET',
    path: '/security_policy_groups/:id',
    summary: 'A security policy group',
    tag: groupTag,
    params: groupParams,
    reply: groupReply,
    access: 'policy.read',
    handle(op, { params }) {
      const group = groups.get(op, params.id)
      return { data: element(group), headers: etag(group.version) }
    },
  }),
  operation({
    id: 'security_policy_group.create',
    method: 'POST',
    path: '/security_policy_groups',
    summary: 'Make a security policy group; its rules are added one by one',
    tag: groupTag,
    body: createBody,
    reply: v.object({ id: v.string() }),
    access: 'policy.write',
    async handle(op, { body }) {
      const { id, ...plan } = await groups.create(op, withDefaults(op, body))
      return op.dryRun ? changed(op, plan) : { data: { id } }
    },
  }),
  operation({
    id: 'security_policy_group.modify',
    method: 'PUT',
    path: '/security_policy_groups/:id',
    summary: 'Change a security policy group; what is left out stays. Its guests are held to it at once',
    tag: groupTag,
    params: groupParams,
    body: modifyBody,
    status: enforcedStatus,
    access: 'policy.write',
    async handle(op, { params, body }) {
      return enforced(op, await groups.modify(op, params.id, fromBody(body)))
    },
  }),
  operation({
    id: 'security_policy_group.delete',
    method: 'DELETE',
    path: '/security_policy_groups/:id',
    summary: 'Delete a security policy group that no guest uses',
    tag: groupTag,
    params: groupParams,
    access: 'policy.write',
    async handle(op, { params }) {
      return changed(op, await groups.remove(op, params.id))
    },
  }),
]

const policyPath = (rest = '') => ({
  path: `/guest/:id/security_policy${rest}`,
  aliases: [`/guests/:id/security_policy${rest}`],
})

const policyReply = v.object({
  default_action: action('What happens to what no rule fits.'),
  inherited: v.pipe(v.boolean(), v.description('Whether the default action is not its own.')),
  rules: v.array(ruleReply),
  security_policy_group: v.optional(
    v.pipe(v.string(), v.description('Id of the group whose rules come after these.')),
  ),
})

const guestOperations = (policies: GuestPolicies): Operation[] => [
  operation({
    id: 'guest_policy.get',
    method: 'GET',
    ...policyPath(),
    summary: "A guest's own security policy; the rules of its group come after",
    tag: guestTag,
    params: idParams,
    reply: policyReply,
    access: 'guest.read',
    handle(op, { params }) {
      const policy = policies.get(op, params.id)
      const data = {
        default_action: policy.effectiveAction,
        inherited: policy.defaultAction === null,
        rules: policy.rules.map(ruleElement),
        ...(policy.group === null ? {} : { security_policy_group: policy.group }),
      }
      return { data, headers: etag(policy.version) }
    },
  }),
  operation({
    id: 'guest_policy.set_default',
    method: 'PUT',
    ...policyPath('/default_action'),
    summary: 'What happens to what no rule fits; null leaves it to the group',
    tag: guestTag,
    params: idParams,
    body: v.object({ action: v.nullable(action('Accept or reject.')) }),
    status: enforcedStatus,
    access: 'guest.write',
    async handle(op, { params, body }) {
      return enforced(op, await policies.setDefault(op, params.id, body.action))
    },
  }),
  operation({
    id: 'guest_policy.set_group',
    method: 'PUT',
    ...policyPath('/group'),
    summary: "The group whose rules come after the guest's own; null is none",
    tag: guestTag,
    params: idParams,
    body: v.object({
      security_policy_group: v.nullable(text('Id of a security policy group.')),
    }),
    status: enforcedStatus,
    access: 'guest.write',
    async handle(op, { params, body }) {
      return enforced(op, await policies.setGroup(op, params.id, body.security_policy_group || null))
    },
  }),
]
