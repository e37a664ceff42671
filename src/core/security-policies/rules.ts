import type { GuestSecurityPolicy, SecurityRule } from '../../db/row-types.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { formatSubnet, isIpv4, parseSubnet } from '../ipv4/ipv4.ts'
import type { TrafficPolicy } from '../traffic-filters.ts'
import type { PolicyGroup, RuleRequest } from './security-policy.ts'

/** Of a guest, and of a group. */
export const mostRules = 64

/** Throws `invalid` with the field as the request calls it. */
export function checkRule(request: RuleRequest): SecurityRule {
  const { action, protocol } = request
  if (action !== 'accept' && action !== 'reject')
    throw invalid('action', `action must be accept or reject, not '${action}'`)
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'icmp')
    throw invalid('protocol', `protocol must be tcp, udp or icmp, not '${protocol}'`)
  return {
    action,
    protocol,
    fromAddress: checkAddress('from_address', request.fromAddress),
    toAddress: checkAddress('to_address', request.toAddress),
    toPort: checkPort(request),
  }
}

function checkAddress(field: string, given: string | null | undefined): string | null {
  if (given === undefined || given === null || given === '') return null
  if (isIpv4(given)) return given
  const subnet = given.includes('/') ? parseSubnet(given) : undefined
  if (!subnet)
    throw invalid(field, `${field} must be an IPv4 address or a network such as 10.0.0.0/8, not '${given}'`)
  if (subnet.prefix === 0) return null
  return subnet.prefix === 32 ? formatSubnet(subnet).replace('/32', '') : formatSubnet(subnet)
}

function checkPort({ protocol, toPort }: RuleRequest): number | null {
  const field = 'to_port'
  if (toPort === undefined || toPort === null || toPort === 0) return null
  if (!Number.isInteger(toPort) || toPort < 1 || toPort > 65535)
    throw invalid(field, `to_port must be a port from 1 to 65535, or 0 for any, not ${toPort}`)
  if (protocol === 'icmp') throw invalid(field, 'to_port must be 0 with icmp, which has no ports')
  return toPort
}

/** Throws `not_found` for an index that no rule has; the first is 0. */
export function ruleAt(rules: readonly SecurityRule[], index: number): SecurityRule {
  const rule = rules[index]
  if (!rule) throw notFound('security rule', String(index))
  return rule
}

export function added(rules: readonly SecurityRule[], rule: SecurityRule): SecurityRule[] {
  if (rules.length >= mostRules)
    throw new AppError('conflict', `there are ${rules.length} rules already, and ${mostRules} is the most`)
  return [...rules, rule]
}

export function replaced(rules: readonly SecurityRule[], index: number, rule: SecurityRule): SecurityRule[] {
  ruleAt(rules, index)
  return rules.with(index, rule)
}

export function removed(rules: readonly SecurityRule[], index: number): SecurityRule[] {
  ruleAt(rules, index)
  return rules.toSpliced(index, 1)
}

/** One place up or down, or to a place wherever it is. */
export type Move = { direction: 'up' | 'down' } | { to: number }

/** Throws `conflict` where there is no place further in that direction, `not_found` where there is none of that number. */
export function moved(rules: readonly SecurityRule[], index: number, move: Move): SecurityRule[] {
  const rule = ruleAt(rules, index)
  if ('to' in move) ruleAt(rules, move.to)
  else if (index === (move.direction === 'up' ? 0 : rules.length - 1))
    throw new AppError(
      'conflict',
      `rule ${index} is the ${move.direction === 'up' ? 'first' : 'last'} already`,
      { field: 'direction' },
    )
  const target = 'to' in move ? move.to : move.direction === 'up' ? index - 1 : index + 1
  return rules.toSpliced(index, 1).toSpliced(target, 0, rule)
}

/** The guest's own rules, then those of its group where that is enabled; the first default that is set. */
export function effectivePolicy(own: GuestSecurityPolicy, group: PolicyGroup | undefined): TrafficPolicy {
  const shared = group?.enabled ? group : undefined
  return {
    rules: [...own.rules, ...(shared?.rules ?? [])],
    otherwise: own.defaultAction ?? shared?.defaultAction ?? 'accept',
  }
}
