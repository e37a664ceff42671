// Domains as if somebody else had made them; what a definition of ours cannot say is said by `world.foreign`.
import type { DomainSpec } from '../../core/hypervisor.ts'
import { sourceLabel } from '../../core/hypervisor.ts'
import type { ForeignDomains, FoundDomain } from '../../core/unmanaged/found-domain.ts'
import type { SimulatedDomain, SimulatedWorld } from './world.ts'

export const createSimulatedForeign = (world: SimulatedWorld): ForeignDomains => ({
  inspect: (id) => world.call('foreign.inspect', [id], async () => found(world, world.find(id))),
  setAutoStart: (id, enabled) =>
    world.call('foreign.setAutoStart', [id, enabled], async () => {
      world.find(id)
      world.foreign.set(id, { ...world.foreign.get(id), autoStart: enabled })
    }),
})

function found(world: SimulatedWorld, domain: SimulatedDomain): FoundDomain {
  const { id, name, state, defined, live } = domain
  const spec = defined ?? live
  if (!spec) throw new Error(`simulated: '${name}' has no definition`)
  return {
    ...{ id, name, state, autoStart: false, obstacles: [], changes: [] },
    ...ofSpec(spec),
    ...structuredClone(world.foreign.get(id)),
  }
}

function ofSpec(spec: DomainSpec) {
  const { cores, memoryBytes, machine, firmware, nvramPath, hardware, network } = spec
  return {
    ...{ cores, memoryBytes, machine, firmware, hardware: structuredClone(hardware) },
    nvramPath: nvramPath ?? null,
    disks: spec.disks.map(({ target, source }) => ({
      target,
      bus: hardware.diskBus as string,
      label: sourceLabel(source),
      format: source.format as string,
    })),
    cards: network
      ? [
          {
            mac: network.mac,
            model: hardware.nic as string,
            kind: network.source.kind,
            name: network.source.name,
          },
        ]
      : [],
  }
}
