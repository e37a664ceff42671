import { call } from '../../api/client.ts'
import type { RuleBody } from './rules.ts'

/** Whatever has an ordered list of rules. */
export interface RuleOwner {
  kind: 'group' | 'guest'
  id: string
}

const rulesPaths = {
  group: '/security_policy_groups/{id}/rules',
  guest: '/guests/{id}/security_policy/rules',
} as const
const rulePaths = {
  group: '/security_policy_groups/{id}/rules/{index}',
  guest: '/guests/{id}/security_policy/rules/{index}',
} as const
const orderPaths = {
  group: '/security_policy_groups/{id}/rules/{index}/order',
  guest: '/guests/{id}/security_policy/rules/{index}/order',
} as const

const at = (id: string, index: number) => ({ path: { id, index: String(index) } })

/** The changes of the rules; each is in force when it is answered. */
export const rulesOf = ({ kind, id }: RuleOwner) => ({
  add: (body: RuleBody) => call('post', rulesPaths[kind], { params: { path: { id } }, body }),
  set: (index: number, body: RuleBody) => call('put', rulePaths[kind], { params: at(id, index), body }),
  remove: (index: number) => call('delete', rulePaths[kind], { params: at(id, index) }),
  move: (index: number, to: number) => call('put', orderPaths[kind], { params: at(id, index), body: { to } }),
})
