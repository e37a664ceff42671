import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'
import type { DhcpHost, HostNetwork, NatNetwork, NetworkChange } from '../../core/network.ts'
import { prepareBootDirectory } from './boot-offers.ts'
import { sendRelease } from './dhcp-release.ts'
import {
  type HostUpdate,
  hostUpdateWords,
  networkAutostart,
  networkDefine,
  networkDefinition,
  networkDestroy,
  networkLeases,
  networkList,
  networkStart,
  networkTaps,
  networkTryUpdateHost,
  networkUndefine,
  networkUpdateHost,
  virshWords,
} from './network-commands.ts'
import { buildHost, buildHostOf, buildNetwork, isAsWanted, type NetworkDefinition } from './network-xml.ts'

export interface LibvirtNetworksOptions {
  uri: string
  /** Makes an interface a port of a bridge: a network that is started anew has lost those of running guests. */
  attachPort(bridge: string, port: string): Promise<void>
  /** What the TFTP servers of the networks serve. */
  bootDirectory: string
}

export type LibvirtNetworks = Pick<
  HostNetwork,
  'ensureNetwork' | 'removeNetwork' | 'networks' | 'addHost' | 'removeHost' | 'leases' | 'describeNetwork'
>

/** NAT networks of libvirt. Changes of one network are made one after the other. */
export function createLibvirtNetworks(options: LibvirtNetworksOptions): LibvirtNetworks {
  const { uri } = options
  const inTurn = turnsByName()
  return {
    ensureNetwork: (network) => inTurn(network.name, () => ensure(options, network)),
    removeNetwork: (name) =>
      inTurn(name, async () => {
        await networkDestroy(uri, name)
        await networkUndefine(uri, name)
      }),
    async networks() {
      const found = await networkList(uri)
      const all = found.map(async ({ name, active }) => {
        const definition = await networkDefinition(uri, name, active ? 'live' : 'persistent')
        return definition ? [{ name, active, hosts: definition.hosts }] : []
      })
      return (await Promise.all(all)).flat()
    },
    addHost: (name, host) => inTurn(name, () => addHost(uri, name, { ...host, mac: host.mac.toLowerCase() })),
    removeHost: (name, mac) => inTurn(name, () => removeHost(uri, name, mac.toLowerCase())),
    leases: (name) => networkLeases(uri, name),
    describeNetwork: (change) =>
      describe(options, change).map((words) => ['virsh', ...virshWords(uri, words)]),
  }
}

function turnsByName() {
  const last = new Map<string, Promise<unknown>>()
  return <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const turn = (last.get(name) ?? Promise.resolve()).catch(() => undefined).then(work)
    last.set(name, turn)
    return turn
  }
}

async function ensure(options: LibvirtNetworksOptions, network: NatNetwork): Promise<void> {
  const { uri } = options
  await prepareBootDirectory(options.bootDirectory)
  const state = (await networkList(uri)).find(({ name }) => name === network.name)
  const persistent = state?.persistent ? await networkDefinition(uri, network.name, 'persistent') : undefined
  const live = state?.active ? await networkDefinition(uri, network.name, 'live') : undefined
  const isRight = persistent !== undefined && isAsWanted(persistent, network, options)
  const runsRight = live !== undefined && isAsWanted(live, network, options)
  if (!isRight)
    await networkDefine(
      uri,
      buildNetwork(withKeptHosts(network, persistent ?? live), {
        ...options,
        uuid: (persistent ?? live)?.uuid,
      }),
    )
  if (!runsRight) await restart(options, network, { isNew: state === undefined, runs: live !== undefined })
  if (!state?.autostart) await networkAutostart(uri, network.name)
  for (const host of network.hosts) await addHost(uri, network.name, host)
}

/** Another subnet makes the old entries worthless; otherwise they stay, whoever made them. */
function withKeptHosts(network: NatNetwork, before: NetworkDefinition | undefined): NatNetwork {
  const sameSubnet = before?.netmask === network.netmask && before.gateway === network.gateway
  if (!sameSubnet) return network
  const kept = before.hosts.filter(
    (old) => !network.hosts.some((host) => host.mac === old.mac || host.address === old.address),
  )
  return { ...network, hosts: [...kept, ...network.hosts] }
}

async function restart(
  { uri, attachPort }: LibvirtNetworksOptions,
  network: NatNetwork,
  { isNew, runs }: { isNew: boolean; runs: boolean },
): Promise<void> {
  if (runs) await networkDestroy(uri, network.name)
  try {
    await networkStart(uri, network.name)
  } catch (error) {
    if (isNew) await networkUndefine(uri, network.name).catch(() => undefined)
    throw error
  }
  if (isNew) return
  for (const tap of await networkTaps(uri, network.name)) await attachPort(network.bridge, tap)
}

/** The definitions to change: in one call where both hold the same entries, which is the rule. */
async function scopes(uri: string, name: string) {
  const state = (await networkList(uri)).find((network) => network.name === name)
  const persistent = state?.persistent ? await networkDefinition(uri, name, 'persistent') : undefined
  const live = state?.active ? await networkDefinition(uri, name, 'live') : undefined
  if (live && persistent && JSON.stringify(live.hosts) === JSON.stringify(persistent.hosts))
    return [{ scope: ['--live', '--config'] as const, definition: live }]
  return [
    ...(live ? [{ scope: ['--live'] as const, definition: live }] : []),
    ...(persistent ? [{ scope: ['--config'] as const, definition: persistent }] : []),
  ]
}

const both: HostUpdate['scope'] = ['--live', '--config']

async function addHost(uri: string, name: string, host: DhcpHost): Promise<void> {
  const update = { command: 'add', xml: buildHost(host), scope: both } as const
  const [isAdded, leases] = await Promise.all([
    networkTryUpdateHost(uri, name, update),
    networkLeases(uri, name),
  ])
  if (!isAdded) await replaceHost(uri, name, host)
  const isStale: EndsLease = ({ mac, address }) => address === host.address && mac !== host.mac
  if (leases.some(isStale)) await release(uri, name, isStale)
}

/** Where an entry is in the way, or the network does not run. */
async function replaceHost(uri: string, name: string, host: DhcpHost): Promise<void> {
  const targets = await scopes(uri, name)
  if (targets.length === 0) throw new AppError('not_found', `there is no libvirt network '${name}'`)
  for (const { scope, definition } of targets) {
    const rivals = definition.hosts.filter((old) => old.mac === host.mac || old.address === host.address)
    if (rivals.length === 1 && rivals[0]?.mac === host.mac && rivals[0].address === host.address) continue
    for (const rival of rivals)
      await networkUpdateHost(uri, name, { command: 'delete', xml: buildHostOf(rival.mac), scope })
    const entry = withFreeName(host, definition.hosts)
    await networkUpdateHost(uri, name, { command: 'add', xml: buildHost(entry), scope })
  }
}

/** libvirt refuses two entries of one name, and guests of different groups may well share one. */
function withFreeName(host: DhcpHost, others: readonly DhcpHost[]): DhcpHost {
  const isTaken = others.some((other) => other.hostname === host.hostname && other.mac !== host.mac)
  if (!isTaken) return host
  const tail = host.mac.split(':').slice(3).join('')
  return { ...host, hostname: `${host.hostname.slice(0, 56).replace(/-+$/, '')}-${tail}` }
}

/** The lease ends first: with its last entry the network loses its DHCP server, which then hears no release. */
async function removeHost(uri: string, name: string, mac: string): Promise<void> {
  await release(uri, name, (lease) => lease.mac === mac)
  const xml = buildHostOf(mac)
  if (await networkTryUpdateHost(uri, name, { command: 'delete', xml, scope: both })) return
  for (const { scope, definition } of await scopes(uri, name))
    if (definition.hosts.some((host) => host.mac === mac))
      await networkUpdateHost(uri, name, { command: 'delete', xml, scope })
}

type EndsLease = (lease: { mac: string; address: string }) => boolean

const releaseAttempts = 5
const releasePauseMs = 100

/** Ends leases. A datagram can be lost, so it is sent until the lease has gone; a lease that stays ends by itself. */
async function release(uri: string, name: string, ends: EndsLease): Promise<void> {
  for (let attempt = 0; attempt < releaseAttempts; attempt++) {
    const leases = (await networkLeases(uri, name)).filter(ends)
    if (leases.length === 0) return
    const server = (await networkDefinition(uri, name, 'live'))?.gateway ?? ''
    for (const { mac, address } of leases) await sendRelease({ mac, address, server }).catch(() => undefined)
    await delay(releasePauseMs)
  }
}

/** net-define is shown with the definition itself, which virsh really reads from an unnamed file. */
function describe(options: LibvirtNetworksOptions, change: NetworkChange): string[][] {
  switch (change.kind) {
    case 'ensure': {
      const { name } = change.network
      return [
        ['net-define', buildNetwork(change.network, options)],
        ['net-start', '--network', name],
        ['net-autostart', '--network', name],
      ]
    }
    case 'remove':
      return [
        ['net-destroy', '--network', change.name],
        ['net-undefine', '--network', change.name],
      ]
    case 'add-host':
      return [hostUpdateWords(change.network, { command: 'add', xml: buildHost(change.host), scope: both })]
    case 'remove-host':
      return [
        hostUpdateWords(change.network, { command: 'delete', xml: buildHostOf(change.mac), scope: both }),
      ]
  }
}
