import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOpen, shortened } from '../traffic-filters.ts'
import { added, checkRule, effectivePolicy, mostRules, moved, removed, replaced } from './rules.ts'
import type { PolicyGroup, RuleRequest, SecurityRule } from './security-policy.ts'

const tcp = (toPort: number, action: 'accept' | 'reject' = 'accept'): SecurityRule =>
  checkRule({ action, protocol: 'tcp', toPort })
const ports = (rules: readonly SecurityRule[]) => rules.map(({ toPort }) => toPort)

describe('a security rule', () => {
  it('is taken with anything left out, and with the words for any', () => {
    const any = { action: 'accept', protocol: 'tcp', fromAddress: null, toAddress: null, toPort: null }
    const same: Partial<RuleRequest>[] = [{}, { toPort: 0 }, { fromAddress: '' }, { toAddress: '0.0.0.0/0' }]
    for (const more of same) assert.deepEqual(checkRule({ action: 'accept', protocol: 'tcp', ...more }), any)
  })

  it('has its networks in their plain form', () => {
    const from = (fromAddress: string) =>
      checkRule({ action: 'accept', protocol: 'udp', fromAddress }).fromAddress
    assert.equal(from('10.1.2.3/8'), '10.0.0.0/8')
    assert.equal(from('10.1.2.3/32'), '10.1.2.3')
    assert.equal(from('10.1.2.3'), '10.1.2.3')
  })

  it('names each field that is wrong', () => {
    const good = { action: 'accept', protocol: 'tcp' }
    const wrong: [object, string][] = [
      [{ action: 'drop' }, 'action'],
      [{ protocol: 'sctp' }, 'protocol'],
      [{ fromAddress: '10.0.0' }, 'from_address'],
      [{ fromAddress: '10.0.0.0/33' }, 'from_address'],
      [{ toAddress: 'fe80::1' }, 'to_address'],
      [{ toPort: 65536 }, 'to_port'],
      [{ toPort: -1 }, 'to_port'],
      [{ toPort: 1.5 }, 'to_port'],
      [{ protocol: 'icmp', toPort: 80 }, 'to_port'],
    ]
    for (const [values, field] of wrong)
      assert.throws(() => checkRule({ ...good, ...values } as RuleRequest), { code: 'invalid', field }, field)
  })
})

describe('an ordered list of rules', () => {
  const rules = [tcp(1), tcp(2), tcp(3)]
  it('grows at its end, up to a bound', () => {
    assert.deepEqual(ports(added(rules, tcp(4))), [1, 2, 3, 4])
    assert.throws(() => added(Array(mostRules).fill(tcp(1)), tcp(2)), { code: 'conflict' })
  })
  it('is changed at an index, which must be there', () => {
    assert.deepEqual(ports(replaced(rules, 1, tcp(9))), [1, 9, 3])
    assert.deepEqual(ports(removed(rules, 0)), [2, 3])
    for (const index of [3, -1]) assert.throws(() => removed(rules, index), { code: 'not_found' })
  })
  it('is reordered one place at a time', () => {
    const [up, down] = [{ direction: 'up' }, { direction: 'down' }] as const
    assert.deepEqual(ports(moved(rules, 1, up)), [2, 1, 3])
    assert.deepEqual(ports(moved(rules, 1, down)), [1, 3, 2])
    assert.throws(() => moved(rules, 0, up), { code: 'conflict', field: 'direction' })
    assert.throws(() => moved(rules, 2, down), { code: 'conflict', field: 'direction' })
    assert.throws(() => moved(rules, 3, up), { code: 'not_found' })
  })
  it('is reordered to any place', () => {
    assert.deepEqual(ports(moved(rules, 0, { to: 2 })), [2, 3, 1])
    assert.deepEqual(ports(moved(rules, 2, { to: 0 })), [3, 1, 2])
    assert.deepEqual(ports(moved(rules, 1, { to: 1 })), [1, 2, 3])
    assert.throws(() => moved(rules, 0, { to: 3 }), { code: 'not_found' })
  })
})

describe('what holds for a guest', () => {
  const group = (values: Partial<PolicyGroup> = {}): PolicyGroup => ({
    id: 'g',
    name: 'g',
    description: '',
    owner: 'u',
    group: 'g',
    enabled: true,
    global: false,
    defaultAction: 'reject',
    rules: [tcp(80)],
    version: 1,
    ...values,
  })

  it("is its own rules, then its group's, then its own default, else the group's, else accept", () => {
    const own = { defaultAction: null, rules: [tcp(22)] }
    const both = effectivePolicy(own, group())
    assert.deepEqual([ports(both.rules), both.otherwise], [[22, 80], 'reject'])
    assert.equal(effectivePolicy({ ...own, defaultAction: 'accept' }, group()).otherwise, 'accept')
    const alone = effectivePolicy(own, undefined)
    assert.deepEqual([ports(alone.rules), alone.otherwise], [[22], 'accept'])
  })

  it('has nothing of a group that is disabled', () => {
    const policy = effectivePolicy({ defaultAction: null, rules: [] }, group({ enabled: false }))
    assert.deepEqual(policy, { rules: [], otherwise: 'accept' })
  })

  it('is open only when nothing can be rejected', () => {
    assert.equal(isOpen({ rules: [tcp(22)], otherwise: 'accept' }), true)
    assert.equal(isOpen({ rules: [tcp(22, 'reject')], otherwise: 'accept' }), false)
    assert.equal(isOpen({ rules: [], otherwise: 'reject' }), false)
    const { rules } = shortened({ rules: [tcp(1), tcp(2, 'reject'), tcp(3)], otherwise: 'accept' })
    assert.deepEqual(ports(rules), [1, 2])
  })
})
