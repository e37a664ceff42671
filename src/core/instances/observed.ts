import { sql } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { GuestFiguresTable } from '../figures/guest-figures.ts'
import type { LiveGuests } from '../guests/live.ts'
import type { Hypervisor } from '../hypervisor.ts'
import type { HostNetwork } from '../network.ts'
import { createPace } from '../slices.ts'

interface ObservedDeps {
  zone: Zone
  hypervisor: Hypervisor
  network: HostNetwork
  live: LiveGuests
  now?: () => number
}

/** So many rows are read in a few milliseconds. */
const idsAtOnce = 500

/**
 * What is known of running guests only by looking: the address they really have, the port of their VNC server. Kept in
 * memory, refreshed by a reconciler in a few calls for all, and for one guest when somebody looks at it.
 */
export class Observed {
  private readonly networkAddresses = new Map<string, string>()
  /** Empty for a guest whose display only we reach. */
  private readonly displayAddresses = new Map<string, string>()
  /** What they do: processor, memory, disks, network. */
  readonly figures: GuestFiguresTable
  private readonly deps: ObservedDeps

  constructor(deps: ObservedDeps) {
    this.deps = deps
    this.figures = new GuestFiguresTable(deps)
    deps.live.onChange((id) => {
      if (!deps.live.running(id)) this.forget(id)
    })
  }

  networkAddress(id: string): string | null {
    return this.networkAddresses.get(id) ?? null
  }

  displayAddress(id: string): string {
    return this.displayAddresses.get(id) ?? ''
  }

  /** One call for each network, whatever the number of guests. */
  async refresh(): Promise<void> {
    const { zone, network, live } = this.deps
    const pools = zone.db.select().from(schema.addressPool).all()
    const byMac = new Map<string, string>()
    for (const pool of pools)
      for (const lease of await network.leases(pool.network))
        byMac.set(lease.mac.toLowerCase(), lease.address)
    const running = live.runningIds()
    const due = createPace()
    for (let first = 0; first < running.length; first += idsAtOnce) {
      for (const { id, mac } of this.macsOf(running.slice(first, first + idsAtOnce))) {
        await due()
        if (!live.running(id)) continue
        const address = byMac.get(mac)
        if (address) this.networkAddresses.set(id, address)
        if (!this.displayAddresses.has(id)) await this.lookAtDisplay(id)
      }
    }
  }

  private macsOf(ids: readonly string[]): { id: string; mac: string }[] {
    const { id, mac } = schema.guest
    const among = sql`${id} in (select value from json_each(${JSON.stringify(ids)}))`
    return this.deps.zone.db.select({ id, mac }).from(schema.guest).where(among).all()
  }

  /** A close look at one running guest: the agent knows best. Never throws: an unknown address is no failure. */
  async look(id: string, mac: string): Promise<void> {
    const [addresses] = await Promise.all([
      this.deps.hypervisor.agent.addresses(id).catch(() => []),
      this.lookAtDisplay(id),
    ])
    const own = addresses.find((candidate) => candidate.mac.toLowerCase() === mac) ?? addresses[0]
    if (own && this.deps.live.running(id)) this.networkAddresses.set(id, own.address)
  }

  /** It stays the same as long as the guest runs. */
  private async lookAtDisplay(id: string): Promise<void> {
    const display = await this.deps.hypervisor.display(id).catch(() => undefined)
    if (!display) return
    const address = display.kind === 'tcp' ? await this.reachable(display) : ''
    if (this.deps.live.running(id)) this.displayAddresses.set(id, address)
  }

  /** A server that listens on every address of the host is reached at the first of them. */
  private async reachable({ host, port }: { host: string; port: number }): Promise<string> {
    const isEvery = host === '0.0.0.0' || host === '::'
    const own = isEvery ? (await this.deps.network.addresses().catch(() => []))[0] : undefined
    const name = own ?? host
    return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`
  }

  private forget(id: string): void {
    this.networkAddresses.delete(id)
    this.displayAddresses.delete(id)
  }
}
