import { formatSubnet, parseSubnet } from '../../core/ipv4/ipv4.ts'
import type { HostNetwork } from '../../core/network.ts'
import { run } from '../exec.ts'

/**
 * Holds the external addresses of guests: a bridge without ports, where nothing else is and no other tool looks. The
 * kernel answers ARP for an address whatever interface it is on.
 */
const externalInterface = 'nacelle-ext'

export type IpRoute = Pick<HostNetwork, 'routedSubnets' | 'addresses' | 'bridges' | 'routers'> & {
  /** The external addresses that the host answers for. */
  heldAddresses(): Promise<string[]>
  holdAddresses(addresses: readonly string[]): Promise<void>
  releaseAddresses(addresses: readonly string[]): Promise<void>
  /** Makes an interface a port of a bridge, up; repeatable. */
  attachPort(bridge: string, port: string): Promise<void>
}

interface RouteEntry {
  dst?: string
  dev?: string
  /** Left out for unicast. */
  type?: string
  gateway?: string
  prefsrc?: string
  metric?: number
}

interface LinkEntry {
  ifname?: string
  addr_info?: { family: string; local: string; prefixlen: number; scope: string; temporary?: boolean }[]
}

/** The host's interfaces and routes, by iproute2. */
export const createIpRoute = (): IpRoute => ({
  async routedSubnets() {
    const [routes, links] = await Promise.all([routesOf('all'), linksOf()])
    return subnetsOf(routes, links.filter(isOwn))
  },
  async addresses() {
    const [routes, links] = await Promise.all([routesOf('main'), linksOf()])
    return addressesOf(routes, links.filter(isOwn))
  },
  async bridges() {
    const links = await ask<LinkEntry>(['link', 'show', 'type', 'bridge'])
    return links
      .filter(isOwn)
      .flatMap(({ ifname }) => ifname ?? [])
      .sort()
  },
  async routers() {
    const routes = await routesOf('all')
    return [...new Set(routes.flatMap(({ gateway }) => gateway ?? []))].sort()
  },
  async heldAddresses() {
    const links = await linksOf()
    return infosOf(links.filter((link) => !isOwn(link)))
      .filter(({ family }) => family === 'inet')
      .map(({ local }) => local)
      .sort()
  },
  async holdAddresses(addresses) {
    if (addresses.length === 0) return
    await ensureExternalInterface()
    for (const address of addresses)
      await run('ip', ['addr', 'replace', `${address}/32`, 'dev', externalInterface])
  },
  async releaseAddresses(addresses) {
    for (const address of addresses)
      await run('ip', ['addr', 'del', `${address}/32`, 'dev', externalInterface])
  },
  async attachPort(bridge, port) {
    await run('ip', ['link', 'set', 'dev', port, 'master', bridge, 'up'])
  },
})

const isOwn = ({ ifname }: LinkEntry): boolean => ifname !== externalInterface

async function ensureExternalInterface(): Promise<void> {
  const there = (await linksOf()).some((link) => !isOwn(link))
  if (!there) await run('ip', ['link', 'add', externalInterface, 'type', 'bridge'])
  await run('ip', ['link', 'set', 'dev', externalInterface, 'up'])
}

const routesOf = (table: string) => ask<RouteEntry>(['-4', 'route', 'show', 'table', table])
const linksOf = () => ask<LinkEntry>(['addr', 'show'])

async function ask<T>(words: readonly string[]): Promise<T[]> {
  const { stdout } = await run('ip', ['-j', ...words])
  // iproute2 leaves empty objects where a filter left nothing of an entry, and prints nothing at all for no entry.
  const entries = stdout.trim() === '' ? [] : (JSON.parse(stdout) as T[])
  return entries.filter((entry) => Object.keys(entry as object).length > 0)
}

/** Shorter prefixes are default routes in disguise (a VPN's 0.0.0.0/1), which leave no subnet free. */
const shortestPrefix = 8

/** Every subnet that is routed in any table or that an interface has an address in; default routes are none. */
export function subnetsOf(routes: readonly RouteEntry[], links: readonly LinkEntry[]): string[] {
  const routed = routes
    .filter(({ type }) => type !== 'local' && type !== 'broadcast' && type !== 'multicast')
    .flatMap(({ dst }) => parseSubnet(dst ?? '') ?? [])
    .filter(({ prefix }) => prefix >= shortestPrefix)
  const own = infosOf(links)
    .filter(({ family, scope }) => family === 'inet' && scope !== 'host')
    .flatMap(({ local, prefixlen }) => parseSubnet(`${local}/${prefixlen}`) ?? [])
  return [...new Set([...routed, ...own].map(formatSubnet))]
}

const infosOf = (links: readonly LinkEntry[]) =>
  links.flatMap(({ ifname, addr_info }) => (addr_info ?? []).map((info) => ({ ifname, ...info })))

/** IPv4 before IPv6, that of the default route first. Addresses that change by design (privacy) are left out. */
export function addressesOf(routes: readonly RouteEntry[], links: readonly LinkEntry[]): string[] {
  const route = routes
    .filter(({ dst }) => dst === 'default')
    .sort((a, b) => (a.metric ?? 0) - (b.metric ?? 0))[0]
  const rank = (info: { ifname?: string; family: string; local: string }) =>
    info.local === route?.prefsrc ? 0 : info.family !== 'inet' ? 3 : info.ifname === route?.dev ? 1 : 2
  const found = infosOf(links).filter(({ scope, temporary }) => scope === 'global' && !temporary)
  return [...new Set(found.sort((a, b) => rank(a) - rank(b)).map(({ local }) => local))]
}
