import { desiredFirewall } from '../core/address-pools/desired.ts'
import type { NetworkReconcilerDeps } from './addresses.ts'
import type { Reconciler } from './reconciler.ts'

/** Our firewall table as the record wants it; a reload of the host's own firewall flushes it. */
export const createFirewallReconciler = ({ zone, network, cell }: NetworkReconcilerDeps): Reconciler => ({
  name: 'firewall',
  intervalMs: 30_000,
  async run() {
    const rules = desiredFirewall(zone.db, cell)
    if (await network.firewallIntact(rules)) return { repaired: [], findings: [] }
    await network.applyFirewall(rules)
    return { repaired: ['put the firewall table in place'], findings: [] }
  },
})
