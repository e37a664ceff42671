// Moves what an interface of the LAN has (addresses, routes) to a bridge that it becomes a port of, and back.
import { run } from '../exec.ts'

export interface LinkAddress {
  family: 'inet' | 'inet6'
  /** With its prefix, e.g. `192.0.2.2/24`. */
  address: string
  broadcast?: string
  /** E.g. `global`, `link`. */
  scope: string
  /** Seconds that are left of it, as a DHCP client said; null for ever. */
  validSeconds: number | null
  preferredSeconds: number | null
}

export interface LinkRoute {
  family: 'inet' | 'inet6'
  /** `default` or a subnet. */
  destination: string
  gateway?: string
  source?: string
  metric?: number
  protocol?: string
  table?: string
  onlink: boolean
}

/** What is moved: in the order in which it must be made again. */
export interface LinkState {
  mac: string
  mtu: number
  addresses: LinkAddress[]
  routes: LinkRoute[]
}

interface Link {
  ifname: string
  address?: string
  mtu?: number
  master?: string
  link_type?: string
  linkinfo?: { info_kind?: string }
  addr_info?: {
    family: string
    local: string
    prefixlen: number
    broadcast?: string
    scope: string
    temporary?: boolean
    mngtmpaddr?: boolean
    dynamic?: boolean
    valid_life_time?: number
    preferred_life_time?: number
  }[]
}

interface Route {
  type?: string
  dst: string
  gateway?: string
  via?: { host: string }
  prefsrc?: string
  metric?: number
  protocol?: string
  table?: string
  flags?: string[]
}

export interface LinkKind {
  /** E.g. `bridge`, `vlan`, `bond`; empty for hardware. */
  kind: string
  isLoopback: boolean
  /** The bridge or bond that it is a port of. */
  master: string | null
}

/** undefined where there is no such interface. */
export async function readKind(name: string): Promise<LinkKind | undefined> {
  const links = await ask<Link>(['-d', 'link', 'show'])
  const link = links.find(({ ifname }) => ifname === name)
  return (
    link && {
      kind: link.linkinfo?.info_kind ?? '',
      isLoopback: link.link_type === 'loopback',
      master: link.master ?? null,
    }
  )
}

/** Throws where there is no such interface. Leaves out what the kernel makes by itself. */
export async function readLink(name: string): Promise<LinkState> {
  const [link] = await ask<Link>(['addr', 'show', 'dev', name])
  const routes = [
    ...(await ask<Route>(['-4', 'route', 'show', 'table', 'all', 'dev', name])).map(routeOf('inet')),
    ...(await ask<Route>(['-6', 'route', 'show', 'table', 'all', 'dev', name])).map(routeOf('inet6')),
  ]
  return {
    mac: link?.address ?? '',
    mtu: link?.mtu ?? 1500,
    addresses: (link?.addr_info ?? []).flatMap(addressOf),
    // A router is reached by a route of its own, so those without one come first.
    routes: routes.flatMap((route) => route ?? []).sort((a, b) => Number(!!a.gateway) - Number(!!b.gateway)),
  }
}

const forever = 4_294_967_295

function addressOf(info: NonNullable<Link['addr_info']>[number]): LinkAddress[] {
  const { family, local, prefixlen, scope, broadcast } = info
  if (family !== 'inet' && family !== 'inet6') return []
  // What a router announces is learnt anew on the bridge, and its own local address it makes itself.
  const isMadeAnew = scope === 'link' || info.dynamic || info.temporary || info.mngtmpaddr
  if (family === 'inet6' && isMadeAnew) return []
  const seconds = (value: number | undefined) => (value === undefined || value >= forever ? null : value)
  return [
    {
      family,
      address: `${local}/${prefixlen}`,
      scope,
      ...(broadcast === undefined ? {} : { broadcast }),
      validSeconds: seconds(info.valid_life_time),
      preferredSeconds: seconds(info.preferred_life_time),
    },
  ]
}

const routeOf =
  (family: LinkRoute['family']) =>
  (route: Route): LinkRoute | undefined => {
    const isUnicast = route.type === undefined || route.type === 'unicast'
    if (!isUnicast || route.protocol === 'kernel' || route.protocol === 'ra') return undefined
    const gateway = route.gateway ?? route.via?.host
    return {
      family,
      destination: route.dst,
      ...(gateway === undefined ? {} : { gateway }),
      ...(route.prefsrc === undefined ? {} : { source: route.prefsrc }),
      ...(route.metric === undefined ? {} : { metric: route.metric }),
      ...(route.protocol === undefined ? {} : { protocol: route.protocol }),
      ...(route.table === undefined ? {} : { table: route.table }),
      onlink: route.flags?.includes('onlink') ?? false,
    }
  }

interface Bridged {
  bridge: string
  /** The interface of the LAN. */
  port: string
  state: LinkState
}

/** The bridge has the MAC of its port, so that neighbours and DHCP servers see no other host. Any failure is thrown. */
export async function makeBridge({ bridge, port, state }: Bridged): Promise<void> {
  await run('ip', ['link', 'add', 'name', bridge, 'address', state.mac, 'mtu', `${state.mtu}`, ...bridgeType])
  await run('ip', ['link', 'set', 'dev', bridge, 'up'])
  await run('ip', ['link', 'set', 'dev', port, 'master', bridge])
  for (const family of ['inet', 'inet6'] as const) {
    const own = state.addresses.filter((address) => address.family === family)
    await batch(family, [
      // One at a time the first of a subnet would take the others along.
      ...(family === 'inet'
        ? [`addr flush dev ${port}`]
        : own.map(({ address }) => `addr del ${address} dev ${port}`)),
      ...settingLines(state, family, bridge),
    ])
  }
}

// Without a delay the port forwards at once; a loop is not looked for, as with every host of one uplink.
const bridgeType = ['type', 'bridge', 'stp_state', '0', 'forward_delay', '0']

/** Back to what was; repeatable, and from wherever `makeBridge` has stopped. */
export async function unmakeBridge({ bridge, port, state }: Bridged): Promise<void> {
  const kind = await readKind(bridge)
  if ((await readKind(port))?.master === bridge) await run('ip', ['link', 'set', 'dev', port, 'nomaster'])
  if (kind?.kind === 'bridge') await run('ip', ['link', 'del', 'dev', bridge])
  await run('ip', ['link', 'set', 'dev', port, 'up'])
  for (const family of ['inet', 'inet6'] as const) await batch(family, settingLines(state, family, port))
}

function settingLines(state: LinkState, family: LinkRoute['family'], device: string): string[] {
  return [
    ...state.addresses
      .filter((address) => address.family === family)
      .map((address) => `addr replace ${addressWords(address)} dev ${device}`),
    ...state.routes
      .filter((route) => route.family === family)
      .map((route) => `route replace ${routeWords(route)} dev ${device}`),
  ]
}

function addressWords(wanted: LinkAddress): string {
  const { address, broadcast, scope, validSeconds, preferredSeconds } = wanted
  const lifetime =
    validSeconds === null
      ? []
      : ['valid_lft', `${validSeconds}`, 'preferred_lft', `${preferredSeconds ?? validSeconds}`]
  const brd = broadcast === undefined ? [] : ['broadcast', broadcast]
  return [address, ...brd, 'scope', scope, ...lifetime].join(' ')
}

function routeWords(route: LinkRoute): string {
  const { destination, gateway, source, metric, protocol, table, onlink } = route
  const pairs: [string, string | number | undefined][] = [
    ['via', gateway],
    ['src', source],
    ['metric', metric],
    ['proto', protocol],
    ['table', table],
  ]
  const words = pairs.flatMap(([word, value]) => (value === undefined ? [] : [word, `${value}`]))
  return [destination, ...words, ...(onlink ? ['onlink'] : [])].join(' ')
}

async function batch(family: LinkRoute['family'], lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return
  const option = family === 'inet' ? '-4' : '-6'
  await run('ip', [option, '-batch', '-'], { stdin: `${lines.join('\n')}\n` })
}

async function ask<T>(words: readonly string[]): Promise<T[]> {
  const { stdout } = await run('ip', ['-j', ...words])
  const entries = stdout.trim() === '' ? [] : (JSON.parse(stdout) as T[])
  return entries.filter((entry) => Object.keys(entry as object).length > 0)
}
