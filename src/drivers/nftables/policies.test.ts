import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoutedPolicy } from '../../core/traffic-filters.ts'
import type { SecurityRule } from '../../db/row-types.ts'
import { buildPolicies } from './policies.ts'

const rule = (values: Partial<SecurityRule> = {}): SecurityRule => ({
  action: 'accept',
  protocol: 'tcp',
  fromAddress: null,
  toAddress: null,
  toPort: null,
  ...values,
})
const policy = (rules: SecurityRule[], otherwise: 'accept' | 'reject'): RoutedPolicy => ({
  id: 'g',
  address: '10.0.0.5',
  policy: { rules, otherwise },
})

test('rules stand in their order, and the default last', () => {
  const text = buildPolicies([
    policy(
      [rule({ toPort: 22, fromAddress: '10.0.0.0/8' }), rule({ action: 'reject', protocol: 'icmp' }), rule()],
      'reject',
    ),
  ])
  assert.match(text, /^table inet nacelle_policies\ndelete table inet nacelle_policies\ntable inet/)
  assert.match(text, /elements = \{ 10\.0\.0\.5 : jump guest_0 \}/)
  const lines = text.split('\n').map((line) => line.trim())
  const chain = lines.slice(lines.indexOf('chain guest_0 {') + 1)
  assert.deepEqual(chain.slice(0, chain.indexOf('}')), [
    'ct state established,related accept',
    'ct state invalid drop',
    'ip saddr 10.0.0.0/8 meta l4proto tcp tcp dport 22 accept',
    'meta l4proto icmp reject with icmpx type port-unreachable',
    'meta l4proto tcp accept',
    'meta l4proto tcp reject with tcp reset',
    'reject with icmpx type port-unreachable',
  ])
})

test('where nothing is ever rejected there is no table', () => {
  const text = buildPolicies([policy([rule()], 'accept')])
  assert.equal(text, 'table inet nacelle_policies\ndelete table inet nacelle_policies\n')
  assert.equal(buildPolicies([]), text)
})

test('nothing that is not plainly a value reaches the text', () => {
  const wrong: [Partial<SecurityRule>, string][] = [
    [{ fromAddress: '10.0.0.1; flush ruleset' }, 'address'],
    [{ toAddress: 'localhost' }, 'address'],
    [{ protocol: 'tcp }' as 'tcp' }, 'protocol'],
    [{ toPort: 0 }, 'port'],
    [{ toPort: 1.5 }, 'port'],
  ]
  for (const [values, field] of wrong)
    assert.throws(() => buildPolicies([policy([rule(values)], 'reject')]), { code: 'invalid', field })
  assert.throws(() => buildPolicies([{ ...policy([], 'reject'), address: 'x' }]), { field: 'address' })
})
