import type { AddressPoolDeps } from '../core/address-pools/address-pools.ts'
import { desiredNetworks, networkPrefix, recordedMacs, wantsHost } from '../core/address-pools/desired.ts'
import type { DhcpHost, HostNetwork, NatNetwork } from '../core/network.ts'
import type { Reconciler, Summary } from './reconciler.ts'

export interface NetworkReconcilerDeps extends Pick<AddressPoolDeps, 'zone' | 'network'> {
  /** Name of the cell that this appliance is. */
  cell: string
}

type Present = Awaited<ReturnType<HostNetwork['networks']>>[number]

/** Networks and DHCP entries of this host equal to the record. */
export const createAddressesReconciler = (deps: NetworkReconcilerDeps): Reconciler => ({
  name: 'addresses',
  intervalMs: 60_000,
  run: () => reconcile(deps),
})

/**
 * The host is read before the record: whoever gives an address writes the record first and the entry second, so an
 * entry that was seen and has no row read later is truly nobody's.
 */
async function reconcile(deps: NetworkReconcilerDeps): Promise<Summary> {
  const present = (await deps.network.networks()).filter(({ name }) => name.startsWith(networkPrefix))
  const wanted = desiredNetworks(deps.zone.db, deps.cell)
  const work = new Work()
  for (const { name } of present)
    if (!wanted.some((network) => network.name === name))
      await work.attempt(`removed the network ${name}`, () => deps.network.removeNetwork(name))
  for (const network of wanted) await reconcileNetwork(deps, work, network, present)
  await withdrawOrphanedBoots(deps, work)
  return work.summary()
}

/** What was offered to guests that have gone; the offers are read first, since a start makes its own under a record. */
async function withdrawOrphanedBoots({ zone, network }: NetworkReconcilerDeps, work: Work): Promise<void> {
  const offered = await network.bootOffers()
  if (offered.length === 0) return
  const known = recordedMacs(zone.db)
  for (const mac of offered)
    if (!known.has(mac))
      await work.attempt(`withdrew the boot offer to ${mac}`, () => network.withdrawBoot(mac))
}

async function reconcileNetwork(
  deps: NetworkReconcilerDeps,
  work: Work,
  network: NatNetwork,
  present: readonly Present[],
): Promise<void> {
  const before = present.find(({ name }) => name === network.name)
  const made = before?.active ? '' : `started the network ${network.name}`
  // Even when it is there: its definition may differ, which only the driver can see.
  const isThere = await work.attempt(made, () => deps.network.ensureNetwork({ ...network, hosts: [] }))
  if (!isThere) return
  const hosts = before?.hosts ?? []
  const wanted = new Set(network.hosts.map(entryOf))
  const there = new Set(hosts.map(entryOf))
  for (const host of hosts)
    if (!wanted.has(entryOf(host)))
      await work.attempt(`removed the DHCP entry of ${host.mac} from ${network.name}`, () =>
        deps.network.removeHost(network.name, host.mac),
      )
  for (const host of network.hosts)
    if (!there.has(entryOf(host)))
      await work.attempt(`added the DHCP entry of ${host.mac} to ${network.name}`, () =>
        addIfStillWanted(deps, network.name, host),
      )
}

const entryOf = ({ mac, address }: DhcpHost) => `${mac} ${address}`

/** The guest may have gone since the record was read. */
async function addIfStillWanted(deps: NetworkReconcilerDeps, network: string, host: DhcpHost): Promise<void> {
  if (wantsHost(deps.zone.db, deps.cell, network, host)) await deps.network.addHost(network, host)
}

/** One part that fails does not stop the others; the pass fails at its end. */
class Work {
  readonly #repaired: string[] = []
  readonly #errors: Error[] = []

  async attempt(words: string, action: () => Promise<void>): Promise<boolean> {
    try {
      await action()
      if (words !== '') this.#repaired.push(words)
      return true
    } catch (error) {
      this.#errors.push(error instanceof Error ? error : new Error(String(error)))
      return false
    }
  }

  summary(): Summary {
    const [first, ...others] = this.#errors
    if (first && others.length === 0) throw first
    if (first) throw new AggregateError(this.#errors, this.#errors.map((error) => error.message).join('; '))
    return { repaired: this.#repaired, findings: [] }
  }
}
