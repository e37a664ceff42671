import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FirewallRules } from '../../core/network.ts'
import { withoutHandles } from './nftables.ts'
import { buildRuleset } from './ruleset.ts'

const rules: FirewallRules = {
  masquerade: [{ subnet: '10.1.0.0/24', bridge: 'nacelle0' }],
  forwards: [{ protocol: 'tcp', hostPort: 2222, address: '10.1.0.5', port: 22 }],
}

test('the table replaces itself in one transaction', () => {
  const text = buildRuleset(rules)
  assert.match(text, /^table inet nacelle\ndelete table inet nacelle\ntable inet nacelle \{\n/)
  assert.match(text, /dnat ip to tcp dport map \{ 2222 : 10\.1\.0\.5 \. 22 \}/)
  assert.doesNotMatch(text, /udp/)
})

test('without networks there are no rules, and no empty set, which nft refuses', () => {
  const text = buildRuleset({ masquerade: [], forwards: [] })
  assert.doesNotMatch(text, /iifname|map|\{ \}/)
})

test('nothing that is not plainly a value reaches the text', () => {
  const wrong: [Partial<FirewallRules>, string][] = [
    [{ masquerade: [{ subnet: '10.1.0.0', bridge: 'b' }] }, 'subnet'],
    [{ masquerade: [{ subnet: '10.1.0.0/24; flush ruleset', bridge: 'b' }] }, 'subnet'],
    [{ masquerade: [{ subnet: '10.1.0.0/24', bridge: 'b" accept; #' }] }, 'bridge'],
    [{ masquerade: [{ subnet: '10.1.0.0/24', bridge: 'sixteen-letters-' }] }, 'bridge'],
    [{ forwards: [{ protocol: 'tcp; x' as 'tcp', hostPort: 1, address: '10.1.0.5', port: 1 }] }, 'protocol'],
    [{ forwards: [{ protocol: 'tcp', hostPort: 0, address: '10.1.0.5', port: 1 }] }, 'port'],
    [{ forwards: [{ protocol: 'tcp', hostPort: 1, address: '10.1.0.5', port: 65536 }] }, 'port'],
    [{ forwards: [{ protocol: 'tcp', hostPort: 1, address: 'localhost', port: 1 }] }, 'address'],
    [{ forwards: [...rules.forwards, ...rules.forwards] }, 'port'],
  ]
  for (const [part, field] of wrong)
    assert.throws(() => buildRuleset({ ...rules, ...part }), { code: 'invalid', field })
})

test('two listings of the same rules are the same, whatever their handles', () => {
  const listing = (handle: number) =>
    JSON.stringify({ nftables: [{ rule: { handle, expr: [{ accept: null }] } }] })
  assert.equal(withoutHandles(listing(1)), withoutHandles(listing(2)))
  assert.match(withoutHandles(listing(1)), /accept/)
})
