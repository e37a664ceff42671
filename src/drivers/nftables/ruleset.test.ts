import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FirewallRules } from '../../core/network.ts'
import { withoutHandles } from './nftables.ts'
import { buildRuleset } from './ruleset.ts'

const rules: FirewallRules = {
  masquerade: [{ subnet: '10.1.0.0/24', bridge: 'nacelle0' }],
  forwards: [{ protocol: 'tcp', hostPort: 2222, address: '10.1.0.5', port: 22 }],
  mappings: [{ external: '198.51.100.7', address: '10.1.0.6' }],
}

test('the table replaces itself in one transaction', () => {
  const text = buildRuleset(rules)
  assert.match(text, /^table inet nacelle\ndelete table inet nacelle\ntable inet nacelle \{\n/)
  assert.match(text, /dnat ip to tcp dport map \{ 2222 : 10\.1\.0\.5 \. 22 \}/)
  assert.doesNotMatch(text, /udp/)
})

test('an external address is the whole of its guest, before any forwarded port, and its source before the host', () => {
  const lines = buildRuleset(rules)
    .split('\n')
    .map((line) => line.trim())
  const at = (text: string) => lines.findIndex((line) => line.startsWith(text))
  const whole = at('dnat ip to ip daddr map { 198.51.100.7 : 10.1.0.6 }')
  assert.ok(whole > 0 && whole < at('fib daddr type local dnat'))
  const source = lines.findIndex((line) =>
    line.endsWith('snat ip to ip saddr map { 10.1.0.6 : 198.51.100.7 }'),
  )
  assert.ok(source > 0 && source < lines.findIndex((line) => line.endsWith('masquerade')))
})

test('without networks there are no rules, and no empty set, which nft refuses', () => {
  const text = buildRuleset({ masquerade: [], forwards: [], mappings: [] })
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
    [{ mappings: [{ external: '198.51.100.7/24', address: '10.1.0.6' }] }, 'external'],
    [{ mappings: [{ external: '198.51.100.7', address: '10.1.0.6 }; flush ruleset' }] }, 'address'],
    [{ mappings: [...rules.mappings, { external: '198.51.100.7', address: '10.1.0.7' }] }, 'external'],
    [{ mappings: [...rules.mappings, { external: '198.51.100.8', address: '10.1.0.6' }] }, 'address'],
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
