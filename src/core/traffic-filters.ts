// What core needs of the host to keep guests from forging and to hold security policies.
import type { SecurityRule } from '../db/row-types.ts'
import type { DomainSpec } from './hypervisor.ts'

export type { SecurityRule } from '../db/row-types.ts'

/** What may reach a guest: the first rule that fits decides, else the default. Answers always come back. */
export interface TrafficPolicy {
  rules: SecurityRule[]
  otherwise: 'accept' | 'reject'
}

const openPolicy: TrafficPolicy = { rules: [], otherwise: 'accept' }

/** Everything that is held at the card of one guest. */
export interface TrafficFilter {
  /** The guest. */
  id: string
  /** The only MAC that it may send from. */
  mac: string
  /** The only IPv4 address that it may send from; null where nobody knows it. */
  address: string | null
  policy: TrafficPolicy
}

/** Filters at the cards of guests. Fulfilled by drivers/libvirt (nwfilters) and, behaving, by drivers/simulated. */
export interface GuestFilters {
  /** Makes or replaces the guest's filter; a running guest is held to it at once. Repeatable. */
  apply(filter: TrafficFilter): Promise<void>
  /** Removes it; repeatable. Throws `conflict` while a running guest is held to it. */
  remove(id: string): Promise<void>
  /** What differs from these; nothing is changed. */
  compare(wanted: readonly TrafficFilter[]): Promise<FilterDifferences>
  /** Puts the filter of a running guest in force again, after somebody has flushed the kernel's rules. */
  reinstate(filter: TrafficFilter): Promise<void>
}

/** Ids of guests. */
export interface FilterDifferences {
  /** No filter, or another one than is wanted. */
  differing: string[]
  /** Filters of ours that belong to none of the wanted guests. */
  orphaned: string[]
  /** The filter is right but the kernel does not hold the running guest to it. */
  notInForce: string[]
}

/** A policy for what is routed to a guest instead of bridged: from the host itself and through its port forwards. */
export interface RoutedPolicy {
  id: string
  address: string
  policy: TrafficPolicy
}

/** Fulfilled by drivers/nftables and, behaving, by drivers/simulated. */
export interface RoutedPolicies {
  /** Replaces all by exactly these; atomic. */
  apply(policies: readonly RoutedPolicy[]): Promise<void>
  /** Whether they are there as `apply` left them. */
  intact(policies: readonly RoutedPolicy[]): Promise<boolean>
}

/** The filter that a domain's card names; none without a card. */
export const filterOf = ({ id, network }: Pick<DomainSpec, 'id' | 'network'>): TrafficFilter | undefined =>
  network && {
    id,
    mac: network.mac.toLowerCase(),
    address: network.address ?? null,
    policy: network.policy ?? openPolicy,
  }

/** Whether nothing is ever rejected. */
export const isOpen = ({ rules, otherwise }: TrafficPolicy): boolean =>
  otherwise === 'accept' && rules.every(({ action }) => action === 'accept')

/** Without the rules at the end that say what the default says. */
export function shortened({ rules, otherwise }: TrafficPolicy): TrafficPolicy {
  const last = rules.findLastIndex(({ action }) => action !== otherwise)
  return { rules: rules.slice(0, last + 1), otherwise }
}
