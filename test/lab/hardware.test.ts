// What templates and live changes ask of a real libvirt: every hardware starts, and a running guest follows.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../../src/core/context.ts'
import { virtioHardware } from '../../src/core/guests/hardware.ts'
import { targetOf } from '../../src/core/guests/spec.ts'
import type { DomainSpec, HypervisorFacts } from '../../src/core/hypervisor.ts'
import { factoryTemplates } from '../../src/core/templates/factory.ts'
import { run } from '../../src/drivers/exec.ts'
import { createLibvirt, type LibvirtHypervisor } from '../../src/drivers/libvirt/hypervisor.ts'
import { isLongSuite } from '../support/long-suite.ts'
import { type Lab, startLab } from './libvirt.ts'
import { buildTinyGuest } from './tiny-guest.ts'

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}
const mebibyte = 2 ** 20
const patienceMs = 240_000

let lab: Lab
let hypervisor: LibvirtHypervisor
let facts: HypervisorFacts
before(async () => {
  lab = await startLab()
  const uri = `qemu:///system?socket=${join(lab.dir, 'run/libvirt/libvirt-sock')}`
  hypervisor = createLibvirt({ uri, log: silent })
  facts = await hypervisor.facts()
})
after(async () => {
  await hypervisor.close()
  await lab.stop()
})

const path = (name: string) => join(lab.dir, 'varlib/images', name)

async function specOf(
  name: string,
  more: Partial<DomainSpec> = {},
  backing: string[] = [],
): Promise<DomainSpec> {
  const hardware = more.hardware ?? virtioHardware
  const disk = path(`${name}.qcow2`)
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, disk, ...(backing.length ? [] : ['64M'])])
  return {
    id: randomUUID(),
    domainName: `hardware.${name}`,
    accelerator: 'tcg',
    machine: facts.machines[hardware.machine],
    firmware: 'bios',
    hardware,
    cores: 1,
    memoryBytes: 256 * mebibyte,
    maxCores: 4,
    maxMemoryBytes: 1024 * mebibyte,
    disks: [
      {
        target: targetOf({ hardware }, 0),
        source: { kind: 'file', path: disk, format: 'qcow2' },
        serial: name,
      },
    ],
    boot: 'disk',
    display: { kind: 'unix' },
    ...more,
  }
}

async function remove({ id }: DomainSpec): Promise<void> {
  await hypervisor.destroy(id)
  await hypervisor.undefine(id)
}

/** Templates that differ in nothing but their names start alike. */
const distinct = factoryTemplates.filter(
  (template, index) =>
    factoryTemplates.findIndex(
      (other) => isDeepStrictEqual(other.hardware, template.hardware) && other.firmware === template.firmware,
    ) === index,
)

// The quick suite starts the two that differ most from what all other tests start.
const started = isLongSuite ? distinct : distinct.filter(({ id }) => id === 'legacy' || id === 'win2022')
if (!isLongSuite) console.log(`# ${distinct.length - started.length} templates start in the long suite only`)

describe('the hardware of templates', () => {
  for (const { id, name, hardware, firmware } of started)
    test(`starts: ${name}`, { timeout: patienceMs }, async () => {
      const nvramPath = path(`${id}.fd`)
      const variables = hardware.secureBoot ? facts.secureNvramTemplate : facts.nvramTemplate
      if (firmware === 'uefi') await copyFile(variables ?? assert.fail('no UEFI here'), nvramPath)
      const spec = await specOf(id, { hardware, firmware, ...(firmware === 'uefi' ? { nvramPath } : {}) })
      await hypervisor.start(spec)
      assert.equal(await hypervisor.state(spec.id), 'running')
      // Once more as a repeat after a crash would, and with a medium in and out by its bus.
      await hypervisor.start(spec)
      await run('qemu-img', ['create', '-q', '-f', 'raw', path(`${id}.iso`), '1M'])
      await hypervisor.changeMedia(spec.id, { kind: 'file', path: path(`${id}.iso`), format: 'raw' })
      await hypervisor.changeMedia(spec.id, null)
      await remove(spec)
    })

  test('a TPM keeps what it holds through a rename, and goes with its guest', {
    timeout: patienceMs,
  }, async () => {
    assert.equal(facts.tpm, true, 'swtpm is not installed')
    const spec = await specOf('tpm', { hardware: { ...virtioHardware, tpm: true } })
    await hypervisor.start(spec)
    await hypervisor.destroy(spec.id)
    const kept = async () => (await tpmStates()).includes(spec.id)
    assert.equal(await kept(), true)
    await hypervisor.undefine(spec.id, { again: true })
    assert.equal(await kept(), true)
    await hypervisor.define({ ...spec, domainName: 'hardware.renamed' })
    await hypervisor.undefine(spec.id)
    assert.equal(await kept(), false)
  })
})

const tpmStates = () => readdir(join(lab.dir, 'varlib/swtpm')).catch(() => [] as string[])

describe('a running guest', () => {
  let spec: DomainSpec
  before(async () => {
    const tiny = await buildTinyGuest({ serial: 'login' })
    spec = await specOf('live', { display: { kind: 'tcp', listen: '127.0.0.1', password: 'before' } }, [
      '-b',
      tiny,
      '-F',
      'qcow2',
    ])
    await hypervisor.start(spec)
    const deadline = performance.now() + patienceMs
    while (!(await hypervisor.agent.ping(spec.id, 1_000))) {
      assert.ok(performance.now() < deadline, 'the guest did not boot')
      await delay(200)
    }
  })
  after(() => remove(spec))

  test('gets cores, twice asked for once', { timeout: patienceMs }, async () => {
    for (const _ of [1, 2]) await hypervisor.adjust({ ...spec, cores: 3 }, 'cores')
    const { cores, maxCores } = await hypervisor.liveSize(spec.id)
    assert.deepEqual([cores, maxCores], [3, 4])
  })

  test('gets memory, twice asked for once', { timeout: patienceMs }, async () => {
    const memoryBytes = 384 * mebibyte
    for (const _ of [1, 2]) await hypervisor.adjust({ ...spec, memoryBytes }, 'memory')
    const size = await hypervisor.liveSize(spec.id)
    assert.deepEqual(
      [size.memoryBytes, size.givenMemoryBytes, size.maxMemoryBytes],
      [memoryBytes, memoryBytes, 1024 * mebibyte],
    )
  })

  test('is held to limits of its disks, and freed from them', { timeout: patienceMs }, async () => {
    const limited = { cpuPriority: 'low', readBytesPerSecond: 1e6, totalIops: 100 } as const
    await hypervisor.adjust({ ...spec, qos: limited }, 'diskRates')
    const shown = () => lab.virsh('blkdeviotune', spec.id, 'vda')
    assert.match(await shown(), /read_bytes_sec\s*: 1000000/)
    assert.match(await shown(), /total_iops_sec\s*: 100/)
    await hypervisor.adjust({ ...spec, qos: { readIops: 50 } }, 'diskRates')
    assert.match(await shown(), /read_iops_sec\s*: 50/)
    assert.match(await shown(), /total_iops_sec\s*: 0/)
    await hypervisor.adjust(spec, 'diskRates')
    assert.match(await shown(), /read_iops_sec\s*: 0/)
    // Without cgroups this changes nothing, and is no error.
    await hypervisor.adjust({ ...spec, qos: limited }, 'cpuPriority')
  })

  test('gets a new password for its console', { timeout: patienceMs }, async () => {
    await hypervisor.adjust(
      { ...spec, display: { kind: 'tcp', listen: '127.0.0.1', password: 'later' } },
      'display',
    )
    assert.match(await lab.virsh('dumpxml', spec.id, '--security-info'), /passwd='later'/)
  })

  test('gives back what its file systems do not use, or says why not', { timeout: patienceMs }, async () => {
    await hypervisor.agent.trim(spec.id).catch((error: unknown) => {
      assert.ok(error instanceof Error)
      assert.match(error.message, /guest refused|agent/)
    })
  })
})
