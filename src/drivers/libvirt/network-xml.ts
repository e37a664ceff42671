import { AppError, invalid } from '../../core/errors.ts'
import { isIpv4, prefixOfNetmask } from '../../core/ipv4/ipv4.ts'
import type { DhcpHost, NatNetwork } from '../../core/network.ts'
import { bootFileName } from './boot-offers.ts'
import { attribute, buildXml, child, children, type Element, parseXml, text } from './xml.ts'

/** What of a network's definition matters to us. */
export interface NetworkDefinition {
  uuid: string
  mode: string
  bridge: string
  gateway: string
  netmask: string
  dns: string[]
  /** Lines that dnsmasq gets beside what libvirt writes. */
  options: string[]
  hosts: DhcpHost[]
}

/** What the host adds to a network that core asks for. */
export interface NetworkSurroundings {
  bootDirectory: string
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const bridgePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/
const macPattern = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/
const hostnamePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** A name goes into file names of libvirt and stands where virsh takes options. */
export function assertNetworkName(name: string): string {
  if (!namePattern.test(name)) throw invalid('network', `'${name}' cannot be the name of a network`)
  return name
}

function assertNetwork(network: NatNetwork): void {
  assertNetworkName(network.name)
  if (!bridgePattern.test(network.bridge))
    throw invalid('bridge', `'${network.bridge}' cannot be the name of a bridge (at most 15 characters)`)
  if (!isIpv4(network.gateway)) throw invalid('gateway', `'${network.gateway}' is not an IPv4 address`)
  if (prefixOfNetmask(network.netmask) === undefined)
    throw invalid('netmask', `'${network.netmask}' is not a netmask`)
  for (const server of network.dns)
    if (!isIpv4(server)) throw invalid('dns', `'${server}' is not an IPv4 address`)
}

/**
 * What boots from the network asks for the script of its own MAC. libvirt's own elements would say the same, but it loses
 * `<bootp>` whenever a network has no entries, and with `<tftp>` it does not begin to serve DHCP with the first entry.
 * A directory that has gone must not keep the network from starting.
 */
const bootOptions = ({ bootDirectory }: NetworkSurroundings): string[] => [
  `dhcp-boot=${bootFileName}`,
  'enable-tftp',
  `tftp-root=${bootDirectory}`,
  'tftp-no-fail',
]
const optionsNamespace = 'http://libvirt.org/schemas/network/dnsmasq/1.0'

/**
 * A definition in mode `open`: libvirt makes no firewall rules. With host entries and no range, libvirt tells dnsmasq to
 * serve known MACs only; without any entry there is no DHCP at all. The bridge has no STP, which would keep a guest's
 * port silent for seconds.
 */
export function buildNetwork(
  network: NatNetwork,
  { bootDirectory, uuid }: NetworkSurroundings & { uuid?: string },
): string {
  assertNetwork(network)
  const hosts = network.dhcp ? network.hosts.map(hostElement) : []
  return buildXml({
    network: {
      '@xmlns:dnsmasq': optionsNamespace,
      name: network.name,
      ...(uuid === undefined ? {} : { uuid }),
      forward: { '@mode': 'open' },
      bridge: { '@name': network.bridge, '@stp': 'off', '@delay': '0' },
      ...(network.dns.length === 0
        ? {}
        : { dns: { forwarder: network.dns.map((address) => ({ '@addr': address })) } }),
      ip: {
        '@address': network.gateway,
        '@netmask': network.netmask,
        ...(hosts.length === 0 ? {} : { dhcp: { host: hosts } }),
      },
      ...(network.dhcp
        ? { 'dnsmasq:options': { 'dnsmasq:option': bootOptions({ bootDirectory }).map(optionElement) } }
        : {}),
    },
  })
}

const optionElement = (line: string): Element => ({ '@value': line })

function hostElement({ mac, address, hostname }: DhcpHost): Element {
  if (!macPattern.test(mac)) throw invalid('mac', `'${mac}' is not a MAC address`)
  if (!isIpv4(address)) throw invalid('address', `'${address}' is not an IPv4 address`)
  const name = hostnamePattern.test(hostname) ? { '@name': hostname } : {}
  return { '@mac': mac, ...name, '@ip': address }
}

/** `<host mac='…' name='…' ip='…'/>`, for net-update. */
export const buildHost = (host: DhcpHost): string => buildXml({ host: hostElement(host) }).trim()

/** Names an entry to be removed. */
export function buildHostOf(mac: string): string {
  if (!macPattern.test(mac)) throw invalid('mac', `'${mac}' is not a MAC address`)
  return buildXml({ host: { '@mac': mac } }).trim()
}

export function parseNetwork(xml: string): NetworkDefinition {
  const network = child(parseXml(xml), 'network')
  if (!network) throw new AppError('unavailable', 'libvirt gave no definition of the network')
  const ip = children(network, 'ip').find((element) => attribute(element, 'family') !== 'ipv6')
  return {
    uuid: text(child(network, 'uuid')),
    mode: attribute(child(network, 'forward'), 'mode') ?? '',
    bridge: attribute(child(network, 'bridge'), 'name') ?? '',
    gateway: attribute(ip, 'address') ?? '',
    netmask: attribute(ip, 'netmask') ?? '',
    dns: children(child(network, 'dns'), 'forwarder').flatMap((element) => attribute(element, 'addr') ?? []),
    options: children(child(network, 'dnsmasq:options'), 'dnsmasq:option').flatMap(
      (element) => attribute(element, 'value') ?? [],
    ),
    hosts: children(child(ip, 'dhcp'), 'host').map((element) => ({
      mac: (attribute(element, 'mac') ?? '').toLowerCase(),
      address: attribute(element, 'ip') ?? '',
      hostname: attribute(element, 'name') ?? '',
    })),
  }
}

/** Whether the definition is what we would write, host entries aside. */
export const isAsWanted = (
  found: NetworkDefinition,
  wanted: NatNetwork,
  surroundings: NetworkSurroundings,
): boolean =>
  found.mode === 'open' &&
  found.bridge === wanted.bridge &&
  found.gateway === wanted.gateway &&
  found.netmask === wanted.netmask &&
  found.dns.join() === wanted.dns.join() &&
  found.options.join() === (wanted.dhcp ? bootOptions(surroundings) : []).join() &&
  (wanted.dhcp || found.hosts.length === 0)
