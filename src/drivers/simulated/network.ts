import { AppError } from '../../core/errors.ts'
import { contains, parseIpv4, prefixOfNetmask, subnetOf } from '../../core/ipv4/ipv4.ts'
import type { DhcpHost, FirewallRules, HostNetwork, NatNetwork, NetworkChange } from '../../core/network.ts'

interface Lease {
  mac: string
  address: string
  hostname: string | null
  expiresAt: number
}

interface SimulatedNatNetwork {
  definition: NatNetwork
  active: boolean
  hosts: Map<string, DhcpHost>
  leases: Map<string, Lease>
}

export interface SimulatedNetwork extends HostNetwork {
  /** What a guest's DHCP client would get, or null; takes a lease as dnsmasq would. */
  requestLease(network: string, mac: string): string | null
  /** What iPXE of this MAC would load, or null. */
  requestBoot(mac: string): string | null
  /** Somebody stops the network or deletes it behind our back. */
  poke(network: string, fate: 'stop' | 'delete'): void
  /** A reload of the host's firewall. */
  flushFirewall(): void
  firewall(): FirewallRules | undefined
  /** The next call whose name this is fails with the error, once. */
  failNext(call: keyof HostNetwork, error: Error): void
}

export interface SimulatedNetworkOptions {
  subnets?: string[]
  addresses?: string[]
  bridges?: string[]
  routers?: string[]
}

const leaseMs = 3_600_000

/** The host's network as far as callers can see it, in memory. A network named `fail-ensure` cannot be made. */
export function createSimulatedNetwork(options: SimulatedNetworkOptions = {}): SimulatedNetwork {
  const networks = new Map<string, SimulatedNatNetwork>()
  const failures = new Map<string, Error>()
  const offers = new Map<string, string>()
  let rules: FirewallRules | undefined

  const may = (call: keyof HostNetwork) => {
    const error = failures.get(call)
    failures.delete(call)
    if (error) throw error
  }
  const known = (name: string) => {
    const network = networks.get(name)
    if (!network) throw new AppError('not_found', `there is no libvirt network '${name}'`)
    return network
  }

  return {
    async routedSubnets() {
      const own = [...networks.values()].filter((network) => network.active)
      return [...(options.subnets ?? ['192.0.2.0/24']), ...own.map((network) => cidr(network.definition))]
    },
    addresses: async () => [...(options.addresses ?? ['192.0.2.2'])],
    async bridges() {
      const own = [...networks.values()].filter((network) => network.active)
      return [...(options.bridges ?? []), ...own.map((network) => network.definition.bridge)].sort()
    },
    routers: async () => [...(options.routers ?? ['192.0.2.1'])],
    async ensureNetwork(network) {
      may('ensureNetwork')
      if (network.name === 'fail-ensure') throw new AppError('unavailable', 'this network cannot be made')
      checkBridge(network, [...networks.values()], options.bridges ?? [])
      const before = networks.get(network.name)
      const kept = before && cidr(before.definition) === cidr(network) ? before.hosts : new Map()
      const made = {
        definition: structuredClone(network),
        active: true,
        hosts: network.dhcp ? new Map(kept) : new Map(),
        leases: before?.leases ?? new Map(),
      }
      networks.set(network.name, made)
      for (const host of network.hosts) put(made, host)
    },
    async removeNetwork(name) {
      may('removeNetwork')
      networks.delete(name)
    },
    async networks() {
      may('networks')
      return [...networks.values()].map((network) => ({
        name: network.definition.name,
        active: network.active,
        hosts: structuredClone([...network.hosts.values()]),
      }))
    },
    async addHost(name, host) {
      may('addHost')
      put(known(name), host)
    },
    async removeHost(name, mac) {
      may('removeHost')
      networks.get(name)?.hosts.delete(mac.toLowerCase())
      networks.get(name)?.leases.delete(mac.toLowerCase())
    },
    async offerBoot(mac, uri) {
      may('offerBoot')
      if (!/^(http|tftp):\/\/\S+$/.test(uri)) throw new AppError('invalid', `'${uri}' cannot be loaded`)
      offers.set(mac.toLowerCase(), uri)
    },
    async withdrawBoot(mac) {
      may('withdrawBoot')
      offers.delete(mac.toLowerCase())
    },
    bootOffers: async () => [...offers.keys()],
    async leases(name) {
      return [...(networks.get(name)?.leases.values() ?? [])].map((lease) => ({ ...lease }))
    },
    async applyFirewall(next) {
      may('applyFirewall')
      rules = structuredClone(next)
    },
    firewallIntact: async (expected) =>
      rules !== undefined && JSON.stringify(rules) === JSON.stringify(expected),
    async removeFirewall() {
      rules = undefined
    },
    describeNetwork: (change) => [['simulated-network', change.kind, subject(change)]],
    describeFirewall: (next) => [['simulated-firewall', JSON.stringify(next)]],

    requestBoot: (mac) => offers.get(mac.toLowerCase()) ?? null,
    requestLease(name, mac) {
      const network = networks.get(name)
      const host = network?.active ? network.hosts.get(mac.toLowerCase()) : undefined
      if (!network || !host) return null
      network.leases.set(host.mac, { ...host, expiresAt: Date.now() + leaseMs })
      return host.address
    },
    poke(name, fate) {
      if (fate === 'delete') networks.delete(name)
      else known(name).active = false
    },
    flushFirewall() {
      rules = undefined
    },
    firewall: () => rules,
    failNext(call, error) {
      failures.set(call, error)
    },
  }
}

const subnet = (network: NatNetwork) =>
  subnetOf(parseIpv4(network.gateway) ?? 0, prefixOfNetmask(network.netmask) ?? 32)

const cidr = (network: NatNetwork) => `${network.gateway}/${prefixOfNetmask(network.netmask)}`

const subject = (change: NetworkChange) =>
  change.kind === 'ensure' ? change.network.name : change.kind === 'remove' ? change.name : change.network

function checkBridge(network: NatNetwork, others: SimulatedNatNetwork[], foreign: string[]): void {
  const taken =
    foreign.includes(network.bridge) ||
    others.some((o) => o.definition.name !== network.name && o.definition.bridge === network.bridge)
  if (taken) throw new AppError('conflict', `the bridge '${network.bridge}' is in use already`)
}

function put(network: SimulatedNatNetwork, host: DhcpHost): void {
  if (!network.definition.dhcp)
    throw new AppError('conflict', `the network '${network.definition.name}' has no DHCP`)
  const address = parseIpv4(host.address)
  if (address === undefined || !contains(subnet(network.definition), address))
    throw new AppError('invalid', `address ${host.address} does not lie in the network`, { field: 'address' })
  for (const [mac, other] of network.hosts) if (other.address === host.address) network.hosts.delete(mac)
  network.hosts.set(host.mac.toLowerCase(), { ...host, mac: host.mac.toLowerCase() })
}
