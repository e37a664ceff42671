// A whole pretended host whose parts know each other: the hypervisor's files are the volumes of the pool.
import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSimulatedRoutedPolicies } from '../../src/drivers/simulated/filters.ts'
import { createSimulatedHypervisor } from '../../src/drivers/simulated/hypervisor.ts'
import { createSimulatedMeter } from '../../src/drivers/simulated/meter.ts'
import { createSimulatedNetwork } from '../../src/drivers/simulated/network.ts'
import { SimulatedStateDisk } from '../../src/drivers/simulated/state-disk.ts'
import { SimulatedVolumes } from '../../src/drivers/simulated/volumes.ts'
import type { SimulatedOptions } from '../../src/drivers/simulated/world.ts'
import type { Drivers } from '../../src/main/drivers.ts'

const nameOf = (path: string) => path.split('/').at(-1) ?? ''

export type SimulatedHost = ReturnType<typeof simulatedHost>

/** `directory` is a private one that outlives the host: small files pass through it. */
export function simulatedHost(directory: string, options: Omit<SimulatedOptions, 'files'> = {}) {
  const volumes = new SimulatedVolumes()
  const nvramTemplate = join(directory, 'OVMF_VARS.fd')
  writeFileSync(nvramTemplate, 'fresh variables')
  const hypervisor = createSimulatedHypervisor({
    delayMs: 1,
    ...options,
    files: {
      exists: async (path) => volumes.inUse.has(nameOf(path)),
      async createOverlay(path, backingPath) {
        const { virtualSizeBytes } = await volumes.info(nameOf(backingPath))
        await volumes.clone(nameOf(path), { parent: nameOf(backingPath), sizeBytes: virtualSizeBytes })
      },
      writeMemory: (path) => volumes.create(nameOf(path), { sizeBytes: 1024, format: 'raw' }),
      async chain(path) {
        const files = [path]
        for (let name: string | null = nameOf(path); name !== null; ) {
          name = (await volumes.info(name)).parent
          if (name !== null) files.push(volumes.pathOf(name))
        }
        return files
      },
      async merged({ kind, topPath, basePath }) {
        if (kind === 'pull')
          await volumes.relink(nameOf(topPath), basePath === null ? null : nameOf(basePath))
        else for (const volume of childrenOf(volumes, nameOf(topPath))) volume.parent = nameOf(basePath ?? '')
      },
    },
  })
  const network = createSimulatedNetwork()
  const routedPolicies = createSimulatedRoutedPolicies()
  const stateDisk = new SimulatedStateDisk()
  const drivers: Drivers = {
    hypervisor: {
      ...hypervisor,
      facts: async () => ({
        ...(await hypervisor.facts()),
        nvramTemplate,
        secureNvramTemplate: nvramTemplate,
      }),
    },
    network,
    routedPolicies,
    seeds: {
      build: (path, seed) => writeFile(path, JSON.stringify(seed)),
      hashPassword: async (password) => `$6$simulated$${password.length}`,
    },
    inspector: volumes.inspector(),
    openStore: () => volumes,
    listeningPorts: async () => new Set([22]),
    stateDisk,
    meter: createSimulatedMeter(),
  }
  return { drivers, volumes, hypervisor, network, routedPolicies, stateDisk }
}

const childrenOf = (volumes: SimulatedVolumes, parent: string) =>
  [...volumes.inUse.values()].filter((volume) => volume.parent === parent)
