import type { components } from '../../api/schema.d.ts'

export type Rule = components['schemas']['SecurityRule']
export type Action = 'accept' | 'reject'

/** What the API takes; the answers' `action` and `protocol` are of no narrower type. */
export interface RuleBody {
  action: Action
  protocol: 'tcp' | 'udp' | 'icmp'
  from_address: string | null
  to_address: string | null
  to_port: number
}

export const protocols = ['tcp', 'udp', 'icmp'] as const

export const actionOf = (text: string): Action => (text === 'reject' ? 'reject' : 'accept')

export const bodyOf = (rule: Rule): RuleBody => ({
  action: actionOf(rule.action),
  protocol: protocols.find((protocol) => protocol === rule.protocol) ?? 'tcp',
  from_address: rule.from_address ?? null,
  to_address: rule.to_address ?? null,
  to_port: rule.to_port,
})

/** The list with one rule at another place. */
export const movedTo = <T>(rules: readonly T[], from: number, to: number): T[] => {
  const rule = rules[from]
  if (rule === undefined || to < 0 || to >= rules.length) return [...rules]
  return rules.toSpliced(from, 1).toSpliced(to, 0, rule)
}
