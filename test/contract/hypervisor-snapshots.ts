// What a hypervisor promises of the layers and the memory of running guests.
import assert from 'node:assert/strict'
import { variantsOf } from '../support/long-suite.ts'
import type { HypervisorContractSubject } from './hypervisor.ts'

interface SnapshotContract {
  subject(): HypervisorContractSubject
  untilAgent(id: string): Promise<void>
  /** How long a guest may take to boot or to stop. */
  patienceMs: number
}

export function runSnapshotContract(
  contract: (title: string, run: () => Promise<void>) => void,
  { subject, untilAgent, patienceMs }: SnapshotContract,
): void {
  const hypervisor = () => subject().hypervisor
  const remove = async (id: string) => {
    await hypervisor().destroy(id)
    await hypervisor().undefine(id)
  }

  contract('live snapshots grow a chain, which is pulled and committed again', async () => {
    const spec = await subject().spec('layered', { bootable: true })
    const { id } = spec
    await hypervisor().start(spec)
    await untilAgent(id)
    const layer = (number: number) => subject().path(`layer-${number}.qcow2`)
    const chain = async () => (await hypervisor().snapshots.chains(id))[0]?.files ?? []
    const defined = async () => (await hypervisor().snapshots.defined(id))[0]?.file
    const base = await chain()
    assert.equal(await defined(), base[0])
    for (const number of [1, 2, 3]) {
      const request = { disks: [{ target: 'vda', overlayPath: layer(number) }], quiesce: number === 2 }
      await hypervisor().snapshots.create(id, request)
      await hypervisor().snapshots.create(id, request)
    }
    assert.deepEqual(await chain(), [layer(3), layer(2), layer(1), ...base])
    assert.equal(await defined(), layer(3))
    const taken = { disks: [{ target: 'vda', overlayPath: layer(1) }], quiesce: false }
    await assert.rejects(hypervisor().snapshots.create(id, taken), { code: 'conflict' })
    const seen: number[] = []
    const progress = (percent: number) => seen.push(percent)
    const merge = { topPath: layer(2), basePath: layer(1) }
    await hypervisor().snapshots.commit(id, 'vda', merge, progress)
    await hypervisor().snapshots.commit(id, 'vda', merge, progress)
    assert.deepEqual(await chain(), [layer(3), layer(1), ...base])
    await hypervisor().snapshots.pull(id, 'vda', base[0]!, progress)
    await hypervisor().snapshots.pull(id, 'vda', base[0]!, progress)
    assert.deepEqual(await chain(), [layer(3), ...base])
    assert.equal(await defined(), layer(3))
    assert.equal(seen.at(-1), 100)
    const foreign = { topPath: layer(3), basePath: layer(1) }
    await assert.rejects(hypervisor().snapshots.commit(id, 'vda', foreign, progress), { code: 'conflict' })
    const top = { topPath: layer(3), basePath: base[0]! }
    await hypervisor().snapshots.commit(id, 'vda', top, progress)
    await hypervisor().snapshots.commit(id, 'vda', top, progress)
    assert.deepEqual(await chain(), base)
    assert.equal(await defined(), base[0])
    const last = subject().path('layer-last.qcow2')
    await hypervisor().snapshots.create(id, { disks: [{ target: 'vda', overlayPath: last }], quiesce: false })
    await hypervisor().snapshots.pull(id, 'vda', null, progress)
    assert.deepEqual(await chain(), [last])
    assert.equal(await hypervisor().agent.ping(id, 2_000), true)
    await hypervisor().destroy(id)
    assert.equal(await defined(), last)
    await remove(id)
    assert.equal(await subject().chainLength(last), 1)
  })

  const firmwares = ['bios', 'uefi'] as const
  for (const firmware of variantsOf('memory', firmwares, (kind) => kind === 'bios' || patienceMs < 10_000))
    contract(`a ${firmware} guest goes on from its memory on a new layer`, async () => {
      const spec = await subject().spec(`resumed-${firmware}`, { bootable: true, firmware })
      const { id } = spec
      await hypervisor().start(spec)
      await untilAgent(id)
      const memoryPath = subject().path(`${firmware}.memory`)
      const overlay = (number: number) => subject().path(`${firmware}-${number}.qcow2`)
      const disks = [{ target: 'vda', overlayPath: overlay(1) }]
      const request = { disks, memoryPath, quiesce: false }
      const [before] = await hypervisor().snapshots.chains(id)
      await hypervisor().snapshots.create(id, request)
      await hypervisor().snapshots.create(id, request)
      assert.equal(await hypervisor().state(id), 'running')
      assert.ok(await subject().exists(memoryPath))
      await hypervisor().destroy(id)
      await hypervisor().undefine(id)
      // What a restore does: a fresh layer on the one that the snapshot froze.
      const frozen = before!.files[0]!
      const source = { kind: 'file', path: frozen, format: 'qcow2' } as const
      const restored = { ...spec, disks: [{ ...spec.disks[0]!, source }] }
      await hypervisor().restore(restored, memoryPath)
      await hypervisor().restore(restored, memoryPath)
      assert.equal(await hypervisor().state(id), 'running')
      assert.equal((await hypervisor().snapshots.chains(id))[0]?.files[0], frozen)
      await untilAgent(id)
      await remove(id)
    })
}
