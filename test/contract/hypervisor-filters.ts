import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Hypervisor } from '../../src/core/hypervisor.ts'
import type { TrafficFilter } from '../../src/core/traffic-filters.ts'

/** The promises of GuestFilters that need no running guest; those that do are proved with packets in e2e. */
export function runFilterContract(
  contract: (title: string, run: () => Promise<void>) => void,
  hypervisor: () => Hypervisor,
): void {
  contract('filters of guests are made, compared, put in force again and removed', async () => {
    const { filters } = hypervisor()
    const id = randomUUID()
    const rule = { action: 'accept', protocol: 'tcp', fromAddress: '10.0.0.0/8', toAddress: null } as const
    const open: TrafficFilter = {
      id,
      mac: '52:54:00:00:00:0f',
      address: '10.9.9.9',
      policy: { rules: [], otherwise: 'accept' },
    }
    const closed: TrafficFilter = {
      ...open,
      policy: { rules: [{ ...rule, toPort: 22 }], otherwise: 'reject' },
    }
    const of = async (wanted: TrafficFilter) => (await filters.compare([wanted])).differing
    assert.deepEqual(await of(open), [id])
    await filters.apply(open)
    assert.deepEqual([await of(open), await of(closed)], [[], [id]])
    await filters.apply(closed)
    for (const again of ['once', 'twice']) {
      await filters.reinstate(closed)
      assert.deepEqual(await of(closed), [], again)
    }
    const { orphaned, notInForce } = await filters.compare([])
    assert.deepEqual([orphaned, notInForce], [[id], []])
    await filters.remove(id)
    await filters.remove(id)
    assert.deepEqual(await filters.compare([]), { differing: [], orphaned: [], notInForce: [] })
  })
}
