// What a hypervisor says of domains as they are found: definitions, names, why one is paused.
import assert from 'node:assert/strict'
import { type DomainSpec, type Hypervisor, sourceLabel } from '../../src/core/hypervisor.ts'

type Contract = (title: string, run: () => Promise<void>) => void

export function runFoundContract(
  contract: Contract,
  subject: () => { hypervisor: Hypervisor; spec(name: string): Promise<DomainSpec> },
): void {
  contract('an inspection reads what was defined, and changes nothing', async () => {
    const { hypervisor } = subject()
    const spec = await subject().spec('inspected')
    await assert.rejects(hypervisor.foreign.inspect(spec.id), { code: 'not_found' })
    await hypervisor.define(spec)
    const { cores, memoryBytes, firmware, hardware, machine } = spec
    const found = await hypervisor.foreign.inspect(spec.id)
    assert.deepEqual(found, {
      ...{ id: spec.id, name: spec.domainName, state: 'stopped', autoStart: false },
      ...{ cores, memoryBytes, firmware, hardware, machine, nvramPath: null, cards: [] },
      disks: spec.disks.map(({ target, source }) => ({
        ...{ target, bus: 'virtio', label: sourceLabel(source), format: source.format },
      })),
      ...{ obstacles: [], changes: [] },
    })
    await hypervisor.foreign.setAutoStart(spec.id, true)
    await hypervisor.foreign.setAutoStart(spec.id, true)
    assert.equal((await hypervisor.foreign.inspect(spec.id)).autoStart, true)
    await hypervisor.foreign.setAutoStart(spec.id, false)
    assert.deepEqual(await hypervisor.foreign.inspect(spec.id), found)
    await hypervisor.undefine(spec.id)
  })

  contract('a definition is shown as XML', async () => {
    const { hypervisor } = subject()
    const spec = await subject().spec('shown')
    await assert.rejects(hypervisor.definition(spec.id), { code: 'not_found' })
    await hypervisor.define(spec)
    const xml = await hypervisor.definition(spec.id)
    assert.match(xml, /^<domain /)
    assert.ok(xml.includes(`<uuid>${spec.id}</uuid>`) && xml.includes(`<name>${spec.domainName}</name>`))
    await hypervisor.undefine(spec.id)
  })

  contract('a definition under another name renames, at the latest with the next start', async () => {
    const { hypervisor } = subject()
    const spec = await subject().spec('named')
    const nameNow = async () => (await hypervisor.list()).find(({ id }) => id === spec.id)?.name
    await hypervisor.define(spec)
    await hypervisor.define({ ...spec, domainName: 'contract.second' })
    assert.equal(await nameNow(), 'contract.second')
    await hypervisor.start({ ...spec, domainName: 'contract.second' })
    await hypervisor.define({ ...spec, domainName: 'contract.third', cores: 1 })
    assert.equal(await hypervisor.state(spec.id), 'running')
    await hypervisor.destroy(spec.id)
    await hypervisor.start({ ...spec, domainName: 'contract.third' })
    assert.equal(await nameNow(), 'contract.third')
    await hypervisor.destroy(spec.id)
    await hypervisor.undefine(spec.id)
  })

  contract('a paused domain says why it is paused', async () => {
    const { hypervisor } = subject()
    const spec = await subject().spec('held')
    await hypervisor.start(spec)
    await hypervisor.pause(spec.id)
    const paused = { state: 'paused', reason: 'user', fullDisks: [] }
    assert.deepEqual(await hypervisor.stateReason(spec.id), paused)
    await hypervisor.resume(spec.id)
    const { state, fullDisks } = await hypervisor.stateReason(spec.id)
    assert.deepEqual([state, fullDisks], ['running', []])
    await hypervisor.destroy(spec.id)
    await hypervisor.undefine(spec.id)
  })
}
