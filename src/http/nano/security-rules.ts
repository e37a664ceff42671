import * as v from 'valibot'
import type { OperationContext } from '../../core/context.ts'
import { invalid } from '../../core/errors.ts'
import type { Permission } from '../../core/identity/permissions.ts'
import type { Move } from '../../core/security-policies/rules.ts'
import type { Enforced, RuleRequest, SecurityRule } from '../../core/security-policies/security-policy.ts'
import { type Operation, operation } from '../operation.ts'
import { etag } from './changed.ts'
import {
  enforced,
  enforcedStatus,
  ruleBody,
  ruleElement,
  ruleReply,
  ruleRequest,
} from './security-rule-schemas.ts'

/** Whatever has an ordered list of rules. */
interface RuleOwner {
  get(op: OperationContext, id: string): { rules: SecurityRule[]; version: number }
  rule(op: OperationContext, id: string, index: number): SecurityRule
  addRule(op: OperationContext, id: string, rule: RuleRequest): Promise<Enforced>
  setRule(op: OperationContext, id: string, change: { index: number; rule: RuleRequest }): Promise<Enforced>
  removeRule(op: OperationContext, id: string, index: number): Promise<Enforced>
  moveRule(op: OperationContext, id: string, change: { index: number; move: Move }): Promise<Enforced>
}

interface RulePlace {
  /** Of the operations' ids. */
  prefix: string
  path: string
  aliases: readonly string[]
  params: v.ObjectSchema<{ id: v.GenericSchema<string> }, undefined>
  tag: string
  /** In words. */
  of: string
  read: Permission
  write: Permission
}

const index = v.pipe(
  v.string('must be a number'),
  v.regex(/^\d{1,4}$/, 'must be the place of a rule; the first is 0'),
  v.description('Place of the rule; the first is 0.'),
)

const moveBody = v.object({
  direction: v.optional(v.picklist(['up', 'down'], 'must be up or down')),
  to: v.optional(
    v.pipe(
      v.number('must be a number'),
      v.integer('must be a whole number'),
      v.minValue(0, 'must be 0 or more'),
      v.description('In the place of a direction: where it goes; the first is 0.'),
    ),
  ),
})

function moveOf({ direction, to }: v.InferOutput<typeof moveBody>): Move {
  if (to !== undefined) return { to }
  if (direction === undefined) throw invalid('direction', 'direction must be up or down')
  return { direction }
}

/** The operations on the rules of a guest or a group. Each changes the rules that hold at once. */
export function ruleOperations(owner: RuleOwner, place: RulePlace): Operation[] {
  const { prefix, tag, of, read, write } = place
  const params = place.params
  const indexed = v.object({ ...params.entries, index })
  const at = (rest: string) => ({
    path: `${place.path}${rest}`,
    aliases: place.aliases.map((alias) => `${alias}${rest}`),
  })
  return [
    operation({
      id: `${prefix}.rules`,
      method: 'GET',
      ...at('/rules'),
      summary: `The rules of ${of}, in their order`,
      tag,
      params,
      reply: v.array(ruleReply),
      access: read,
      handle(op, { params: { id } }) {
        const { rules, version } = owner.get(op, id)
        return { data: rules.map(ruleElement), headers: etag(version) }
      },
    }),
    operation({
      id: `${prefix}.add_rule`,
      method: 'POST',
      ...at('/rules'),
      summary: `Add a rule behind the others of ${of}`,
      tag,
      params,
      body: ruleBody,
      status: enforcedStatus,
      access: write,
      async handle(op, { params: { id }, body }) {
        return enforced(op, await owner.addRule(op, id, ruleRequest(body)))
      },
    }),
    operation({
      id: `${prefix}.rule`,
      method: 'GET',
      ...at('/rules/:index'),
      summary: `A rule of ${of}`,
      tag,
      params: indexed,
      reply: ruleReply,
      access: read,
      handle(op, { params: { id, index } }) {
        const rule = owner.rule(op, id, Number(index))
        return { data: ruleElement(rule), headers: etag(owner.get(op, id).version) }
      },
    }),
    operation({
      id: `${prefix}.set_rule`,
      method: 'PUT',
      ...at('/rules/:index'),
      summary: `Put another rule in its place, for ${of}`,
      tag,
      params: indexed,
      body: ruleBody,
      status: enforcedStatus,
      access: write,
      async handle(op, { params: { id, index }, body }) {
        return enforced(op, await owner.setRule(op, id, { index: Number(index), rule: ruleRequest(body) }))
      },
    }),
    operation({
      id: `${prefix}.remove_rule`,
      method: 'DELETE',
      ...at('/rules/:index'),
      summary: `Take a rule of ${of} away`,
      tag,
      params: indexed,
      status: enforcedStatus,
      access: write,
      async handle(op, { params: { id, index } }) {
        return enforced(op, await owner.removeRule(op, id, Number(index)))
      },
    }),
    operation({
      id: `${prefix}.move_rule`,
      method: 'PUT',
      ...at('/rules/:index/order'),
      summary: `Move a rule of ${of} one place up or down, or to any place`,
      tag,
      params: indexed,
      body: moveBody,
      status: enforcedStatus,
      access: write,
      async handle(op, { params: { id, index }, body }) {
        return enforced(op, await owner.moveRule(op, id, { index: Number(index), move: moveOf(body) }))
      },
    }),
  ]
}
