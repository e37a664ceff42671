import * as v from 'valibot'
import type { OperationContext } from '../../core/context.ts'
import type { Enforced, RuleRequest, SecurityRule } from '../../core/security-policies/security-policy.ts'
import type { OperationReply } from '../operation.ts'
import { changed } from './changed.ts'

/** 202 when a slow host, or many guests of a group, are not held to a change yet. */
export const enforcedStatus = [200, 202]

export const enforced = (op: OperationContext, done: Enforced): OperationReply => ({
  ...changed(op, done),
  ...(done.inForce ? {} : { status: 202 }),
})

export const action = (description: string) =>
  v.pipe(v.picklist(['accept', 'reject'], 'must be accept or reject'), v.description(description))

const address = (description: string) =>
  v.pipe(v.nullable(v.string('must be text')), v.description(description))

export const ruleBody = v.object({
  action: action('Accept or reject.'),
  protocol: v.picklist(['tcp', 'udp', 'icmp'], 'must be tcp, udp or icmp'),
  from_address: v.optional(address('IPv4 address or network, e.g. 10.0.0.0/8; empty is any.')),
  to_address: v.optional(address('The same of the address that is called.')),
  to_port: v.optional(
    v.pipe(
      v.nullable(v.number('must be a number')),
      v.description('Port of the guest; 0 is any, and always with icmp.'),
    ),
  ),
})

export const ruleReply = v.pipe(
  v.object({
    action: v.string(),
    protocol: v.string(),
    from_address: v.optional(v.string()),
    to_address: v.optional(v.string()),
    to_port: v.pipe(v.number(), v.description('0 is any.')),
  }),
  v.metadata({ ref: 'SecurityRule' }),
)

export const ruleElement = (rule: SecurityRule) => ({
  action: rule.action,
  protocol: rule.protocol,
  ...(rule.fromAddress === null ? {} : { from_address: rule.fromAddress }),
  ...(rule.toAddress === null ? {} : { to_address: rule.toAddress }),
  to_port: rule.toPort ?? 0,
})

export const ruleRequest = (body: v.InferOutput<typeof ruleBody>): RuleRequest => ({
  action: body.action,
  protocol: body.protocol,
  fromAddress: body.from_address ?? null,
  toAddress: body.to_address ?? null,
  toPort: body.to_port ?? null,
})
