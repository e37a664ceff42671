import type { FirewallRules, HostNetwork } from '../core/network.ts'
import { createIpRoute } from '../drivers/iproute/iproute.ts'
import { createBootOffers } from '../drivers/libvirt/boot-offers.ts'
import { createLibvirtNetworks } from '../drivers/libvirt/network.ts'
import { createNftables } from '../drivers/nftables/nftables.ts'

export interface HostNetworkOptions {
  uri: string
  /** Where the boot scripts of guests lie; its parents must let others pass, since dnsmasq reads as nobody. */
  bootDirectory: string
}

/** The host's network, of the drivers that each know one tool of it. */
export function createHostNetwork({ uri, bootDirectory }: HostNetworkOptions): HostNetwork {
  const { attachPort, heldAddresses, holdAddresses, releaseAddresses, ...iproute } = createIpRoute()
  const nftables = createNftables()
  return {
    ...createLibvirtNetworks({ uri, attachPort, bootDirectory }),
    ...createBootOffers(bootDirectory),
    ...iproute,
    ...nftables,
    async applyFirewall(rules) {
      const wanted = externals(rules)
      const held = await heldAddresses()
      // At no moment is an address the host's own, with the host's services behind it, because its mapping is not there.
      await releaseAddresses(held.filter((address) => !wanted.includes(address)))
      await nftables.applyFirewall(rules)
      await holdAddresses(wanted)
    },
    async firewallIntact(rules) {
      if (!(await nftables.firewallIntact(rules))) return false
      return JSON.stringify(await heldAddresses()) === JSON.stringify(externals(rules))
    },
    async removeFirewall() {
      await releaseAddresses(await heldAddresses())
      await nftables.removeFirewall()
    },
  }
}

const externals = ({ mappings }: FirewallRules): string[] => mappings.map(({ external }) => external).sort()
