// Security policies for what is routed to guests. libvirt's filters sit at the ports of bridges and see only what is
// bridged: what the host sends itself, and what comes through port forwards, passes them by.
import { invalid } from '../../core/errors.ts'
import { isIpv4, parseSubnet } from '../../core/ipv4/ipv4.ts'
import {
  isOpen,
  type RoutedPolicies,
  type RoutedPolicy,
  type SecurityRule,
  shortened,
} from '../../core/traffic-filters.ts'

import { CommandError, run } from '../exec.ts'
import { withoutHandles } from './nftables.ts'

const tableName = 'nacelle_policies'

export function createRoutedPolicies(): RoutedPolicies {
  /** How the kernel told of the table right after it was applied; after a restart it is applied anew. */
  let applied: { ruleset: string; listing: string } | undefined
  return {
    async apply(policies) {
      const ruleset = buildPolicies(policies)
      applied = undefined
      await run('nft', ['-f', '-'], { stdin: ruleset })
      applied = { ruleset, listing: await list() }
    },
    async intact(policies) {
      return applied?.ruleset === buildPolicies(policies) && (await list()) === applied.listing
    },
  }
}

/** Empty when the table is not there. */
async function list(): Promise<string> {
  try {
    return withoutHandles((await run('nft', ['-j', 'list', 'table', 'inet', tableName])).stdout)
  } catch (error) {
    if (error instanceof CommandError && /No such file or directory/.test(error.stderr)) return ''
    throw error
  }
}

/**
 * One transaction. Where nothing is ever rejected there is no table. After the chains of the host's own firewall, since
 * what these accept must still pass ours. Throws `invalid` for values that cannot stand in it.
 */
export function buildPolicies(policies: readonly RoutedPolicy[]): string {
  const closed = policies.filter(({ policy }) => !isOpen(policy))
  const empty = [`table inet ${tableName}`, `delete table inet ${tableName}`]
  if (closed.length === 0) return [...empty, ''].join('\n')
  return [
    ...empty,
    `table inet ${tableName} {`,
    '  comment "made by nacelle; changes are overwritten"',
    ...closed.map((policy, index) => block(`chain guest_${index}`, guestLines(policy))),
    block('map guests', [
      'type ipv4_addr : verdict;',
      `elements = { ${closed.map(({ address }, index) => `${checkAddress(address)} : jump guest_${index}`).join(', ')} }`,
    ]),
    block('chain forward', ['type filter hook forward priority 5; policy accept;', 'ip daddr vmap @guests']),
    block('chain output', [
      'type filter hook output priority 5; policy accept;',
      'udp sport 67 udp dport 68 accept',
      'ip daddr vmap @guests',
    ]),
    '}',
    '',
  ].join('\n')
}

const block = (head: string, lines: readonly string[]): string =>
  [`  ${head} {`, ...lines.map((line) => `    ${line}`), '  }'].join('\n')

function guestLines({ policy }: RoutedPolicy): string[] {
  const { rules, otherwise } = shortened(policy)
  return [
    'ct state established,related accept',
    'ct state invalid drop',
    ...rules.map((rule) => `${match(rule)} ${rule.action === 'accept' ? 'accept' : refusal(rule.protocol)}`),
    ...(otherwise === 'accept' ? ['accept'] : [`meta l4proto tcp ${refusal('tcp')}`, refusal('other')]),
  ]
}

/** A rejected connection is told so at once: TCP by a reset, all else by ICMP. */
const refusal = (protocol: SecurityRule['protocol'] | 'other'): string =>
  protocol === 'tcp' ? 'reject with tcp reset' : 'reject with icmpx type port-unreachable'

function match({ protocol, fromAddress, toAddress, toPort }: SecurityRule): string {
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'icmp')
    throw invalid('protocol', `'${protocol}' is not tcp, udp or icmp`)
  if (toPort !== null && (!Number.isInteger(toPort) || toPort < 1 || toPort > 65535))
    throw invalid('port', `${toPort} is not a port from 1 to 65535`)
  return [
    ...(fromAddress === null ? [] : [`ip saddr ${checkAddress(fromAddress)}`]),
    ...(toAddress === null ? [] : [`ip daddr ${checkAddress(toAddress)}`]),
    `meta l4proto ${protocol}`,
    ...(toPort === null ? [] : [`${protocol} dport ${toPort}`]),
  ].join(' ')
}

function checkAddress(address: string): string {
  const isNetwork = /\/\d+$/.test(address) && parseSubnet(address) !== undefined
  if (!isNetwork && !isIpv4(address))
    throw invalid('address', `'${address}' is neither an IPv4 address nor a network`)
  return address
}
