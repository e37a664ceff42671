import { failing, ok, quoted, seeAll, unknown, type Verdict, warning } from './finding.ts'

export interface BridgeFilterFacts {
  /** Whether br_netfilter is there at all. */
  loaded: boolean
  /** net.bridge.bridge-nf-call-iptables and -ip6tables. */
  callIptables: boolean
  callIp6tables: boolean
}

const policies = 'security policies of guests on a bridge silently do nothing'

export function judgeBridgeFilter(facts: BridgeFilterFacts): Verdict {
  const set = 'sysctl -w net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1'
  if (!facts.loaded)
    return warning(
      `br_netfilter is not loaded: ${policies}`,
      `echo br_netfilter > /etc/modules-load.d/nacelle.conf && modprobe br_netfilter && ${set}`,
    )
  const off = [facts.callIptables ? '' : 'iptables', facts.callIp6tables ? '' : 'ip6tables'].filter(Boolean)
  if (off.length === 0) return ok('bridged packets pass the filters (bridge-nf-call-iptables=1)')
  return warning(`bridge-nf-call-${off.join(' and -')} is 0: ${policies}`, set)
}

export interface ForwardChain {
  /** Of nft (`ip`, `inet` …), or `legacy` for the old iptables. */
  family: string
  table: string
  chain: string
  /** Every rule of its table as text. */
  rules: string
}

export interface ForwardFacts {
  /** Forward chains of others whose policy is to drop. */
  dropping: readonly ForwardChain[]
  /** Bridges of ours that exist. */
  bridges: readonly string[]
  /** Whether bridged packets come by as well. */
  bridgedToo: boolean
}

/** A packet must pass the forward chains of every table: one foreign chain that drops swallows what ours accept. */
export function judgeForward({ dropping, bridges, bridgedToo }: ForwardFacts): Verdict {
  const [closed] = dropping.filter((chain) => !opened(chain.rules, bridges))
  if (!closed)
    return ok(
      dropping.length === 0 ? 'no foreign chain drops by policy' : "foreign chains let guests' traffic pass",
    )
  const owner = ownerOf(closed)
  const by = owner.name === '' ? '' : ` (made by ${owner.name})`
  const swallowed = bridgedToo
    ? 'routed and bridged traffic of guests is'
    : 'traffic of guests to the outside is'
  return warning(
    `chain ${closed.chain} of table ${closed.family} ${closed.table} drops by policy${by}: ${swallowed} swallowed`,
    owner.mend(bridges[0] ?? 'nacelle0'),
  )
}

/** Whether each bridge is let through in both directions somewhere in the table. */
export function opened(rules: string, bridges: readonly string[]): boolean {
  const names = bridges.length === 0 ? ['nacelle0'] : bridges
  const lines = rules.split('\n')
  const passes = (direction: 'i' | 'o', bridge: string) =>
    lines.some((line) => {
      const nft = new RegExp(`${direction}ifname "([^"]+)".*\\b(accept|(goto|jump) \\S*trusted)`).exec(line)
      const legacy = new RegExp(` -${direction} (\\S+) .*-j ACCEPT`).exec(line)
      const pattern = (nft ?? legacy)?.[1]
      return pattern !== undefined && covers(pattern, bridge)
    })
  return names.every((bridge) => passes('i', bridge) && passes('o', bridge))
}

/** Interface patterns end in `*` with nft and in `+` with iptables. */
const covers = (pattern: string, name: string) =>
  /[*+]$/.test(pattern) ? name.startsWith(pattern.slice(0, -1)) : pattern === name

interface Owner {
  name: string
  mend(bridge: string): string
}

function ownerOf({ family, table, chain, rules }: ForwardChain): Owner {
  if (/\bDOCKER\b/.test(rules)) return { name: 'Docker', mend: () => iptables('DOCKER-USER') }
  if (/\bufw-/.test(rules))
    return {
      name: 'ufw',
      mend: (bridge) => `ufw route allow in on ${bridge}; ufw route allow out on ${bridge}`,
    }
  if (table === 'firewalld')
    return {
      name: 'firewalld',
      mend: (bridge) =>
        `firewall-cmd --permanent --zone=trusted --add-interface=${bridge} && firewall-cmd --reload`,
    }
  if (family === 'legacy') return { name: '', mend: () => iptables(chain, 'iptables-legacy') }
  const insert = (way: string) =>
    `nft insert rule ${family} ${quoted(table)} ${quoted(chain)} ${way} '"nacelle*"' accept`
  return { name: '', mend: () => `${insert('iifname')}; ${insert('oifname')}` }
}

const iptables = (chain: string, program = 'iptables') =>
  `${program} -I ${chain} -i nacelle+ -j ACCEPT; ${program} -I ${chain} -o nacelle+ -j ACCEPT`

export interface ForwardingFacts {
  enabled: boolean
  bridges: readonly string[]
}

export function judgeForwarding({ enabled, bridges }: ForwardingFacts): Verdict {
  if (enabled) return ok('net.ipv4.ip_forward is 1')
  if (bridges.length === 0) return ok('off; Nacelle switches it on with its first NAT network')
  return warning(
    `net.ipv4.ip_forward is 0: guests on ${bridges.join(', ')} cannot reach out`,
    'sysctl -w net.ipv4.ip_forward=1',
  )
}

export interface ModuleFacts {
  name: string
  present: boolean
  /** Whether the kernel could load it; undefined where modprobe cannot be asked. */
  loadable?: boolean
}

export function judgeModules(modules: readonly ModuleFacts[]): Verdict {
  const bad = modules.filter(({ present, loadable }) => !present && loadable !== true)
  const names = bad.map(({ name }) => name).join(' ')
  if (bad.some(({ loadable }) => loadable === undefined))
    return unknown(`whether the kernel can load ${names} cannot be told`, seeAll)
  if (bad.length > 0)
    return failing(
      `the kernel has no ${names}: guests get no network`,
      `apt-get install linux-image-amd64 && reboot, or: modprobe -a ${names}`,
    )
  return ok(modules.map(({ name, present }) => `${name} ${present ? 'is there' : 'loads on use'}`).join(', '))
}
