import type { HostNetwork } from '../core/network.ts'
import { createIpRoute } from '../drivers/iproute/iproute.ts'
import { createLibvirtNetworks } from '../drivers/libvirt/network.ts'
import { createNftables } from '../drivers/nftables/nftables.ts'

/** The host's network, of the drivers that each know one tool of it. */
export function createHostNetwork({ uri }: { uri: string }): HostNetwork {
  const { attachPort, ...iproute } = createIpRoute()
  return { ...createLibvirtNetworks({ uri, attachPort }), ...iproute, ...createNftables() }
}
