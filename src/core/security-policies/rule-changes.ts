import type { OperationContext } from '../context.ts'
import { added, checkRule, type Move, moved, removed, replaced } from './rules.ts'
import type { RuleRequest, SecurityRule } from './security-policy.ts'

/** Gives whatever is named by `id` the rules that it makes of the present ones. */
type ChangeRules<T> = (
  op: OperationContext,
  id: string,
  change: (rules: SecurityRule[]) => SecurityRule[],
) => Promise<T>

/** The changes of ordered rules, which guests and groups have alike. Throws `invalid` and, for an index, `not_found`. */
export const ruleChanges = <T>(change: ChangeRules<T>) => ({
  addRule: (op: OperationContext, id: string, request: RuleRequest) =>
    change(op, id, (rules) => added(rules, checkRule(request))),
  setRule: (op: OperationContext, id: string, { index, rule }: { index: number; rule: RuleRequest }) =>
    change(op, id, (rules) => replaced(rules, index, checkRule(rule))),
  removeRule: (op: OperationContext, id: string, index: number) =>
    change(op, id, (rules) => removed(rules, index)),
  moveRule: (op: OperationContext, id: string, { index, move }: { index: number; move: Move }) =>
    change(op, id, (rules) => moved(rules, index, move)),
})
