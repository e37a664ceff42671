// The nwfilter of a guest: what its card may send, always, and what may reach it, by its policy.
import { isDeepStrictEqual } from 'node:util'
import { AppError, invalid } from '../../core/errors.ts'
import { isIpv4, parseSubnet } from '../../core/ipv4/ipv4.ts'
import {
  type SecurityRule,
  shortened,
  type TrafficFilter,
  type TrafficPolicy,
} from '../../core/traffic-filters.ts'

import { attribute, buildXml, child, children, type Element, parseXml } from './xml.ts'

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const macPattern = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/
const prefix = 'nacelle-'

/** The filter has the guest's id as its own, so that a new definition replaces the old one. Throws `invalid`. */
export function filterName(id: string): string {
  if (!uuidPattern.test(id)) throw invalid('id', `'${id}' is not the id of a guest`)
  return `${prefix}${id}`
}

/** The guest whose filter has this name; undefined for filters that are not ours. */
export function guestOfFilter(name: string): string | undefined {
  const id = name.startsWith(prefix) ? name.slice(prefix.length) : ''
  return uuidPattern.test(id) ? id : undefined
}

/**
 * Libvirt puts a filter in force anew only when its definition has changed, and has no command for it: the last rule
 * against forging stands at one of two priorities, which mean the same.
 */
export type Edition = 'even' | 'odd'

const lastDrop = { even: -700, odd: -699 } as const

interface FilterRule {
  action: 'accept' | 'reject' | 'drop'
  direction: 'in' | 'out'
  priority: number
  /** Protocol and what of it must fit; none is every frame. */
  match?: { protocol: string; is: Record<string, string> }
}

/** Throws `invalid` for values that cannot stand in a filter. */
export function buildFilter(filter: TrafficFilter, edition: Edition = 'even'): string {
  return buildXml({
    filter: {
      '@name': filterName(filter.id),
      '@chain': 'root',
      uuid: filter.id,
      rule: rulesOf(filter, edition).map(ruleElement),
    },
  })
}

const ruleElement = ({ action, direction, priority, match }: FilterRule): Element => ({
  '@action': action,
  '@direction': direction,
  '@priority': String(priority),
  ...(match
    ? {
        [match.protocol]: Object.fromEntries(
          Object.entries(match.is).map(([name, value]) => [`@${name}`, value]),
        ),
      }
    : {}),
})

const rulesOf = (filter: TrafficFilter, edition: Edition): FilterRule[] => [
  ...honesty(filter, edition),
  ...policyRules(shortened(filter.policy)),
]

/**
 * What clean-traffic forbids, in one chain instead of seven: libvirt starts a process for every rule and eight more for
 * every chain. ARP with no sender address is a guest that looks whether its address is free. IPv6 does not pass.
 */
function honesty({ mac, address }: TrafficFilter, edition: Edition): FilterRule[] {
  if (!macPattern.test(mac)) throw invalid('mac', `'${mac}' is not a MAC address`)
  if (address !== null && !isIpv4(address)) throw invalid('address', `'${address}' is not an IPv4 address`)
  const out = (priority: number, protocol: string, is: Record<string, string>): FilterRule => ({
    action: 'accept',
    direction: 'out',
    priority,
    match: { protocol, is },
  })
  const boot = { srcipaddr: '0.0.0.0', protocol: 'udp', srcportstart: '68', dstportstart: '67' }
  const passing =
    address === null
      ? [out(-800, 'mac', { protocolid: 'ipv4' }), out(-780, 'arp', { arpsrcmacaddr: mac })]
      : [
          out(-800, 'ip', { srcipaddr: address }),
          out(-790, 'ip', boot),
          out(-780, 'arp', { arpsrcmacaddr: mac, arpsrcipaddr: address }),
          out(-770, 'arp', { arpsrcmacaddr: mac, arpsrcipaddr: '0.0.0.0' }),
        ]
  return [
    {
      action: 'drop',
      direction: 'out',
      priority: -900,
      match: { protocol: 'mac', is: { match: 'no', srcmacaddr: mac } },
    },
    ...passing,
    { action: 'drop', direction: 'out', priority: lastDrop[edition] },
  ]
}

/** Most rules of a guest and its group together. */
const mostRules = 500

/**
 * States are named in every rule: libvirt would otherwise make two more of each for what goes out, and one that rejects
 * what comes in would also reject what the guest begins itself.
 */
function policyRules({ rules, otherwise }: TrafficPolicy): FilterRule[] {
  if (rules.length === 0 && otherwise === 'accept') return []
  if (rules.length > mostRules)
    throw new AppError('unsupported', `a guest is held to at most ${mostRules} rules, not ${rules.length}`)
  const begins = (
    action: FilterRule['action'],
    priority: number,
    match: FilterRule['match'],
  ): FilterRule => ({
    action,
    direction: 'in',
    priority,
    ...(match ? { match: { ...match, is: { ...match.is, state: 'NEW' } } } : {}),
  })
  const all = (state: string) => ({ protocol: 'all', is: { state } })
  return [
    // No rule of a policy can name an IPv6 address, so none gets in.
    {
      action: 'drop',
      direction: 'in',
      priority: -600,
      match: { protocol: 'mac', is: { protocolid: 'ipv6' } },
    },
    { action: 'accept', direction: 'in', priority: 100, match: all('ESTABLISHED,RELATED') },
    { action: 'drop', direction: 'in', priority: 101, match: all('INVALID') },
    begins('accept', 110, { protocol: 'udp', is: { srcportstart: '67', dstportstart: '68' } }),
    ...rules.map((rule, index) => begins(rule.action, 200 + index, matchOf(rule))),
    ...(otherwise === 'reject' ? [begins('reject', 900, { protocol: 'all', is: {} })] : []),
  ]
}

function matchOf(rule: SecurityRule): FilterRule['match'] {
  if (!['tcp', 'udp', 'icmp'].includes(rule.protocol))
    throw invalid('protocol', `'${rule.protocol}' is not tcp, udp or icmp`)
  return {
    protocol: rule.protocol,
    is: {
      ...addressMatch('src', rule.fromAddress),
      ...addressMatch('dst', rule.toAddress),
      ...(rule.toPort === null ? {} : { dstportstart: String(rule.toPort) }),
    },
  }
}

function addressMatch(side: 'src' | 'dst', address: string | null): Record<string, string> {
  if (address === null) return {}
  const subnet = parseSubnet(address.includes('/') ? address : `${address}/32`)
  if (!subnet) throw invalid(`${side}ipaddr`, `'${address}' is neither an IPv4 address nor a network`)
  const [first = '', bits = '32'] = address.split('/')
  return { [`${side}ipaddr`]: first, ...(bits === '32' ? {} : { [`${side}ipmask`]: bits }) }
}

/** Which edition of the wanted filter a definition of libvirt is; undefined when it is none. */
export function editionOf(xml: string, wanted: TrafficFilter): Edition | undefined {
  const found = normalized(xml)
  return (['even', 'odd'] as const).find((edition) =>
    isDeepStrictEqual(found, normalized(buildFilter(wanted, edition))),
  )
}

/** A definition without the order of its attributes and with its rules by priority, as libvirt keeps them. */
function normalized(xml: string): unknown {
  const filter = child(parseXml(xml), 'filter')
  return children(filter, 'rule')
    .map((rule) => ({
      action: attribute(rule, 'action'),
      direction: attribute(rule, 'direction'),
      priority: Number(attribute(rule, 'priority')),
      match: Object.entries(rule)
        .filter(([name]) => !name.startsWith('@') && name !== '#text')
        .map(([protocol]) => [protocol, { ...child(rule, protocol) }]),
    }))
    .sort((a, b) => a.priority - b.priority)
}

/** The definitions that several `nwfilter-dumpxml` have written one after another, by name. */
export function splitFilters(out: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [xml] of out.matchAll(/<filter\b[\s\S]*?<\/filter>|<filter\b[^>]*\/>/g)) {
    const name = attribute(child(parseXml(xml), 'filter'), 'name')
    if (name !== undefined) found.set(name, xml)
  }
  return found
}
