import { invalid } from '../../core/errors.ts'
import { isIpv4, parseSubnet } from '../../core/ipv4/ipv4.ts'
import type { FirewallRules } from '../../core/network.ts'

export const tableName = 'nacelle'

const interfacePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/

/** Everything below is put into the text of a ruleset, so nothing passes that is not plainly what it should be. */
function assertRules({ masquerade, forwards }: FirewallRules): void {
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
  for (const protocol of ['tcp', 'udp'])
    checkUnique(
      forwards.filter((forward) => forward.protocol === protocol).map((forward) => forward.hostPort),
    )
}

function checkUnique(ports: readonly number[]): void {
  const twice = ports.find((port, index) => ports.indexOf(port) !== index)
  if (twice !== undefined) throw invalid('port', `port ${twice} of the host is forwarded twice`)
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
    chain('postrouting', 'nat', 'postrouting', 'srcnat', masqueradeRules(rules)),
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

/** `fib` leaves alone what only passes through the host. */
function dnatRules({ forwards }: FirewallRules, condition: string): string[] {
  return (['tcp', 'udp'] as const).flatMap((protocol) => {
    const own = forwards.filter((forward) => forward.protocol === protocol)
    if (own.length === 0) return []
    const elements = own.map(({ hostPort, address, port }) => `${hostPort} : ${address} . ${port}`).join(', ')
    return [`fib daddr type local ${condition}dnat ip to ${protocol} dport map { ${elements} }`]
  })
}

/** The second rule lets a guest reach a neighbour by the host's forwarded port. */
const masqueradeRules = ({ masquerade }: FirewallRules): string[] =>
  masquerade.flatMap(({ subnet, bridge }) => [
    `ip saddr ${subnet} oifname != "${bridge}" ip daddr != ${subnet} ip daddr != 224.0.0.0/4 masquerade`,
    `ip saddr ${subnet} ip daddr ${subnet} ct status dnat masquerade`,
  ])
