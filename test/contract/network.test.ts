import { createSimulatedNetwork } from '../../src/drivers/simulated/network.ts'
import { runNetworkContract } from './network.ts'

runNetworkContract('simulated', {
  async create() {
    const network = createSimulatedNetwork()
    return {
      network,
      requestLease: async ({ name }, mac) => network.requestLease(name, mac),
      requestBoot: async (_, mac) => network.requestBoot(mac),
      poke: async (name, fate) => network.poke(name, fate),
      flushFirewall: async () => network.flushFirewall(),
      close: async () => undefined,
    }
  },
})
