/** What core needs of the host's network. Fulfilled by drivers/libvirt + drivers/nftables and by drivers/simulated. */
export interface HostNetwork {
  /** CIDRs that the host routes or has addresses in, e.g. `10.1.0.0/16`; a new NAT subnet must not touch them. */
  routedSubnets(): Promise<string[]>
  /** The host's own global addresses, and the one of its default route first. */
  addresses(): Promise<string[]>
  bridges(): Promise<string[]>
  /** The routers that the host sends through (next hops of its routes); no guest may stand at their addresses. */
  routers(): Promise<string[]>
  /**
   * Makes or changes the libvirt network (mode `open`, our nftables do the rest), active and persistent; repeatable.
   * Adds the hosts that it is given and removes none. Guests that run on it keep their connection.
   */
  ensureNetwork(network: NatNetwork): Promise<void>
  removeNetwork(name: string): Promise<void>
  networks(): Promise<{ name: string; active: boolean; hosts: DhcpHost[] }[]>
  /** DHCP host entry, live and persistent; repeatable, replaces an entry of the same MAC or address. */
  addHost(network: string, host: DhcpHost): Promise<void>
  removeHost(network: string, mac: string): Promise<void>
  /**
   * What the card of this MAC loads when its guest boots from the network, until it is withdrawn; both repeatable. Reaches
   * guests on our networks with DHCP. Throws `invalid` for what is no http or tftp URI.
   */
  offerBoot(mac: string, uri: string): Promise<void>
  withdrawBoot(mac: string): Promise<void>
  /** The MACs that something is offered to, in lower case. */
  bootOffers(): Promise<string[]>
  leases(
    network: string,
  ): Promise<{ mac: string; address: string; hostname: string | null; expiresAt: number }[]>
  /**
   * Replaces our one nftables table by exactly this, atomic; the host then answers for exactly the external addresses of
   * the mappings.
   */
  applyFirewall(rules: FirewallRules): Promise<void>
  /**
   * Whether our table and the external addresses are there as `applyFirewall` left them (a reload of the host's firewall
   * flushes the table).
   */
  firewallIntact(rules: FirewallRules): Promise<boolean>
  removeFirewall(): Promise<void>
  /** The exact commands of a change as argument arrays, for dry runs; nothing is asked of the host. */
  describeNetwork(change: NetworkChange): string[][]
  describeFirewall(rules: FirewallRules): string[][]
}

export type NetworkChange =
  | { kind: 'ensure'; network: NatNetwork }
  | { kind: 'remove'; name: string }
  | { kind: 'add-host'; network: string; host: DhcpHost }
  | { kind: 'remove-host'; network: string; mac: string }

export interface NatNetwork {
  name: string
  /** Interface name, at most 15 characters. */
  bridge: string
  gateway: string
  netmask: string
  dns: string[]
  /** Without DHCP, guests get their addresses from cloud-init. */
  dhcp: boolean
  /** DHCP serves only known hosts. */
  hosts: DhcpHost[]
}

export interface DhcpHost {
  mac: string
  address: string
  hostname: string
}

export interface FirewallRules {
  /** Subnets to masquerade, with the bridge they live on. */
  masquerade: { subnet: string; bridge: string }[]
  forwards: { protocol: 'tcp' | 'udp'; hostPort: number; address: string; port: number }[]
  /** 1:1 NAT: what is sent to the external address reaches the guest, and what the guest sends comes from it. */
  mappings: { external: string; address: string }[]
}
