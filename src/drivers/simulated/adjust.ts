import { AppError } from '../../core/errors.ts'
import type { Adjustable, DomainSpec, Hypervisor } from '../../core/hypervisor.ts'
import type { SimulatedDomain, SimulatedWorld } from './world.ts'

/** What of a specification each respect is. */
const parts = {
  cores: ({ cores }) => ({ cores }),
  memory: ({ memoryBytes }) => ({ memoryBytes }),
  cpuPriority: ({ qos }) => ({ qos }),
  diskRates: ({ qos }) => ({ qos }),
  networkRates: ({ qos }) => ({ qos }),
  display: ({ display }) => ({ display }),
} satisfies Record<Adjustable, (spec: DomainSpec) => Partial<DomainSpec>>

/** Live changes of a pretended domain: it gives back whatever it is asked for. */
export const createSimulatedAdjust = (world: SimulatedWorld): Pick<Hypervisor, 'liveSize' | 'adjust'> => ({
  liveSize: (id) =>
    world.call('liveSize', [id], async () => {
      const { cores, maxCores, memoryBytes, maxMemoryBytes } = liveSpec(world.running(id))
      return { cores, maxCores, memoryBytes, givenMemoryBytes: memoryBytes, maxMemoryBytes }
    }),
  adjust: (spec, what) =>
    world.call('adjust', [spec, what], async () => {
      const domain = world.running(spec.id)
      domain.live = { ...liveSpec(domain), ...parts[what](spec) }
    }),
})

function liveSpec({ live, name }: SimulatedDomain): DomainSpec {
  if (!live) throw new AppError('conflict', `the guest '${name}' is not running`)
  return live
}
