import { invalid } from '../../core/errors.ts'
import { isIpv4, parseSubnet } from '../../core/ipv4/ipv4.ts'
import type { FirewallRules } from '../../core/network.ts'

export const tableName = 'nacelle'

const interfacePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/

/** Everything below is put into the text of a ruleset, so nothing passes that is not plainly what it should be. */
function assertRules({ masquerade, forwards, mappings }: FirewallRules): void {
  for (const { subnet, bridge } of masquerade) {
    if (!/\/\d+$/.test(subnet) || parseSubnet(subnet) === undefined)
      throw invalid('subnet', `'${subnet}' is not a subnet such as 10.0.0.0/24`)
    if (!interfacePattern.test(bridge)) throw invalid('bridge', `'${bridge}' is not the name of an interface`)
  }
  for (const { protocol, hostPort, address, port } of forwards) {
    if (protocol !== 'tcp' && protocol !== 'udp')
      throw invalid('protocol', `'${protocol}' is neither tcp nor udp`)
    if (!isIpv4(address)) throw invalid('address', `'${address}' is not an IPv4 address`)
    for (const number of [hostPort, port])
      if (!Number.isInteger(number) || number < 1 || number > 65535)
        throw invalid('port', `${number} is not a port from 1 to 65535`)
  }
  for (const protocol of ['tcp', 'udp']) {
    const twice = repeated(forwards.filter((rule) => rule.protocol === protocol).map((rule) => rule.hostPort))
    if (twice !== undefined) throw invalid('port', `port ${twice} of the host is forwarded twice`)
  }
  for (const side of ['external', 'address'] as const) {
    for (const mapping of mappings)
      if (!isIpv4(mapping[side])) throw invalid(side, `'${mapping[side]}' is not an IPv4 address`)
    const twice = repeated(mappings.map((mapping) => mapping[side]))
    if (twice !== undefined) throw invalid(side, `'${twice}' is mapped twice`)
  }
}

function repeated<T>(values: readonly T[]): T | undefined {
  const seen = new Set<T>()
  return values.find((value) => seen.size === seen.add(value).size)
}

/**
 * The whole table as nft reads it, in one transaction: declared so that it exists, deleted with all it held, made anew.
 * Throws `invalid` for values that cannot stand in it.
 */
export function buildRuleset(rules: FirewallRules): string {
  assertRules(rules)
  return [
    `table inet ${tableName}`,
    `delete table inet ${tableName}`,
    `table inet ${tableName} {`,
    '  comment "made by nacelle; changes are overwritten"',
    chain('forward', 'filter', 'forward', 'filter', forwardRules(rules)),
    chain('prerouting', 'nat', 'prerouting', 'dstnat', dnatRules(rules, '')),
    chain('output', 'nat', 'output', '-100', dnatRules(rules, 'ip daddr != 127.0.0.0/8 ')),
    chain('postrouting', 'nat', 'postrouting', 'srcnat', sourceRules(rules)),
    '}',
    '',
  ].join('\n')
}

function chain(name: string, type: string, hook: string, priority: string, rules: readonly string[]): string {
  const head = `type ${type} hook ${hook} priority ${priority}; policy accept;`
  return [`  chain ${name} {`, ...[head, ...rules].map((line) => `    ${line}`), '  }'].join('\n')
}

/**
 * Guests reach the outside and their own network; nobody begins a conversation with them but the host itself and
 * whoever comes by a forwarded port. Only packets from or to our bridges are judged.
 */
function forwardRules({ masquerade }: FirewallRules): string[] {
  if (masquerade.length === 0) return []
  const bridges = `{ ${masquerade.map(({ bridge }) => `"${bridge}"`).join(', ')} }`
  return [
    ...masquerade.map(({ bridge }) => `iifname "${bridge}" oifname "${bridge}" accept`),
    ...masquerade.map(({ subnet, bridge }) => `iifname "${bridge}" ip saddr != ${subnet} drop`),
    `iifname ${bridges} meta nfproto ipv6 drop`,
    'ct state established,related accept',
    `oifname ${bridges} iifname != ${bridges} ct status dnat accept`,
    `oifname ${bridges} reject with icmpx type admin-prohibited`,
  ]
}

/**
 * External addresses are guests' whole, so they come first. `fib` leaves alone what only passes through the host.
 */
function dnatRules({ forwards, mappings }: FirewallRules, condition: string): string[] {
  const whole = mappings.map(({ external, address }) => `${external} : ${address}`).join(', ')
  const forwarded = (['tcp', 'udp'] as const).flatMap((protocol) => {
    const own = forwards.filter((forward) => forward.protocol === protocol)
    if (own.length === 0) return []
    const elements = own.map(({ hostPort, address, port }) => `${hostPort} : ${address} . ${port}`).join(', ')
    return [`fib daddr type local ${condition}dnat ip to ${protocol} dport map { ${elements} }`]
  })
  return [...(whole === '' ? [] : [`dnat ip to ip daddr map { ${whole} }`]), ...forwarded]
}

/**
 * Who has an external address sends from it, all others from the host's. The second condition lets a guest reach a
 * neighbour by a forwarded port of the host or by the neighbour's external address.
 */
function sourceRules({ masquerade, mappings }: FirewallRules): string[] {
  const whole = mappings.map(({ external, address }) => `${address} : ${external}`).join(', ')
  const statements = [...(whole === '' ? [] : [`snat ip to ip saddr map { ${whole} }`]), 'masquerade']
  return masquerade.flatMap(({ subnet, bridge }) =>
    statements.flatMap((statement) => [
      `ip saddr ${subnet} oifname != "${bridge}" ip daddr != ${subnet} ip daddr != 224.0.0.0/4 ${statement}`,
      `ip saddr ${subnet} ip daddr ${subnet} ct status dnat ${statement}`,
    ]),
  )
}
