import type { HostNetwork } from '../core/network.ts'
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
  const { attachPort, ...iproute } = createIpRoute()
  return {
    ...createLibvirtNetworks({ uri, attachPort, bootDirectory }),
    ...createBootOffers(bootDirectory),
    ...iproute,
    ...createNftables(),
  }
}
