import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { DomainSpec } from '../../core/hypervisor.ts'
import {
  filterOf,
  type GuestFilters,
  type RoutedPolicies,
  type RoutedPolicy,
  type TrafficFilter,
} from '../../core/traffic-filters.ts'
import type { SimulatedWorld } from './world.ts'

export interface SimulatedFilters extends GuestFilters {
  /** By guest; a running guest is held to its own. */
  held: Map<string, TrafficFilter>
  /** Guests whose rules somebody has flushed from the kernel. */
  flushed: Set<string>
  /** As a definition of the domain brings it along. */
  bring(spec: DomainSpec): void
}

export function createSimulatedFilters(world: SimulatedWorld): SimulatedFilters {
  const held = new Map<string, TrafficFilter>()
  const flushed = new Set<string>()
  const put = (filter: TrafficFilter) => {
    held.set(filter.id, structuredClone(filter))
    flushed.delete(filter.id)
  }
  return {
    held,
    flushed,
    bring(spec) {
      const filter = filterOf(spec)
      if (filter) put(filter)
    },
    apply: (filter) => world.call('applyFilter', [filter], async () => put(filter)),
    remove: (id) =>
      world.call('removeFilter', [id], async () => {
        held.delete(id)
      }),
    compare: (wanted) =>
      world.call('compareFilters', [wanted], async () => {
        const known = new Set(wanted.map(idOf))
        const differing: string[] = []
        for (const [index, filter] of wanted.entries()) {
          if (index % 200 === 199) await turn()
          if (!isDeepStrictEqual(held.get(filter.id), { ...filter })) differing.push(filter.id)
        }
        const orphaned = [...held.keys()].filter((id) => !known.has(id))
        return { differing, orphaned, notInForce: [...known].filter((id) => flushed.has(id)) }
      }),
    reinstate: (filter) => world.call('reinstateFilter', [filter], async () => put(filter)),
  }
}

const idOf = ({ id }: TrafficFilter) => id

export interface SimulatedRoutedPolicies extends RoutedPolicies {
  /** What is in force; undefined after a reload of the host's firewall. */
  present: readonly RoutedPolicy[] | undefined
}

export function createSimulatedRoutedPolicies(): SimulatedRoutedPolicies {
  const policies: SimulatedRoutedPolicies = {
    present: undefined,
    async apply(next) {
      policies.present = structuredClone(next)
    },
    intact: async (next) => isDeepStrictEqual(policies.present, next),
  }
  return policies
}
