// What a dry run shows is what runs: every process that a call starts, but for those that only read.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { virtioHardware } from '../../src/core/guests/hardware.ts'
import type { DomainSpec } from '../../src/core/hypervisor.ts'
import { DirStore } from '../../src/drivers/dir/dir-store.ts'
import { run } from '../../src/drivers/exec.ts'
import { createLibvirt, type LibvirtHypervisor } from '../../src/drivers/libvirt/hypervisor.ts'
import { type Lab, startLab } from '../lab/libvirt.ts'
import { quietLog } from '../support/quiet-log.ts'
import { commandsDuring } from '../support/recorded-commands.ts'

const mebibyte = 2 ** 20

describe('a directory store', () => {
  let directory: string
  let store: DirStore
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nacelle-commands-'))
    store = new DirStore(directory)
    await store.probe()
  })
  after(() => rm(directory, { recursive: true }))
  const { signal } = new AbortController()
  const ignore = () => undefined

  it('runs what its commands say', async () => {
    const { commands } = store
    const [base, top, copied] = ['disk-a.qcow2', 'disk-b.qcow2', 'disk-c.qcow2']
    const shape = { sizeBytes: 8 * mebibyte, format: 'qcow2' } as const
    const onBase = { parent: base, sizeBytes: 16 * mebibyte }
    const copy = { source: commands.location(top), format: 'qcow2', sizeBytes: 16 * mebibyte } as const
    for (const [work, planned] of [
      [() => store.create(base, shape), commands.create(base, shape)],
      [() => store.clone(top, onBase), commands.clone(top, onBase)],
      [() => store.copy(copied, copy, ignore, signal), commands.copy(copied, copy)],
      [() => store.resize(top, 32 * mebibyte), commands.resize(top, 32 * mebibyte)],
      [() => store.compact(top, ignore, signal), commands.compact(top, base)],
      [() => store.quarantine(copied), commands.quarantine(copied)],
    ] as const)
      assert.deepEqual(await commandsDuring(work), planned.commands)
    assert.deepEqual(commands.clone(top, onBase).commands[0]?.slice(0, 8), [
      ...['qemu-img', 'create', '-q', '-f', 'qcow2', '-b'],
      ...[join(directory, base), '-F'],
    ])
    assert.deepEqual(await store.location(base), commands.location(base))
  })
})

const describeLibvirt = process.getuid?.() === 0 ? describe : undefined
if (!describeLibvirt) console.log('# commands: libvirt skipped: a private libvirt needs root')

describeLibvirt?.('libvirt', () => {
  let lab: Lab
  let hypervisor: LibvirtHypervisor
  let spec: DomainSpec
  before(async () => {
    lab = await startLab()
    const uri = `qemu:///system?socket=${join(lab.dir, 'run/libvirt/libvirt-sock')}`
    hypervisor = createLibvirt({ uri, log: quietLog() })
    const { machines } = await hypervisor.facts()
    const path = join(lab.dir, 'varlib/images', 'commands.qcow2')
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', path, '8M'])
    spec = {
      id: randomUUID(),
      ...{ domainName: 'commands.guest', accelerator: 'tcg', machine: machines.q35, firmware: 'bios' },
      ...{ hardware: virtioHardware, cores: 1, maxCores: 1 },
      ...{ memoryBytes: 64 * mebibyte, maxMemoryBytes: 64 * mebibyte },
      disks: [{ target: 'vda', source: { kind: 'file', path, format: 'qcow2' }, serial: 'commands' }],
      boot: 'disk',
      display: { kind: 'unix' },
    }
  })
  after(async () => {
    await hypervisor.close()
    await lab.stop()
  })

  it('runs what its commands say, from the definition to its end', async () => {
    const { commands, snapshots } = hypervisor
    const { id } = spec
    const [disk, overlay] = [spec.disks[0]!, join(lab.dir, 'varlib/images', 'overlay.qcow2')]
    const basePath = disk.source.kind === 'file' ? disk.source.path : ''
    const switched = { disks: [{ target: 'vda', overlayPath: overlay }], quiesce: false }
    const layers = { topPath: overlay, basePath }
    for (const [name, work, planned] of [
      ['define', () => hypervisor.define(spec), commands.define(spec)],
      ['start', () => hypervisor.start(spec), commands.start(spec, 'known')],
      ['pause', () => hypervisor.pause(id), commands.pause(id)],
      ['resume', () => hypervisor.resume(id), commands.resume(id)],
      ['reset', () => hypervisor.reset(id), commands.reset(id)],
      ['shutdown', () => hypervisor.shutdown(id), commands.shutdown(id, 'acpi')],
      ['reboot', () => hypervisor.reboot(id), commands.reboot(id, 'acpi')],
      ['media', () => hypervisor.changeMedia(id, null), commands.changeMedia(id)],
      [
        'resize',
        () => hypervisor.resizeDisk(id, 'vda', 16 * mebibyte),
        commands.resizeDisk(id, 'vda', 16 * mebibyte),
      ],
      ['snapshot', () => snapshots.create(id, switched), commands.createSnapshot(id, switched)],
      ['destroy', () => hypervisor.destroy(id), commands.destroy(id)],
      ['start anew', () => hypervisor.start({ ...spec, boot: 'network' }), commands.start(spec, 'changed')],
      ['destroy again', () => hypervisor.destroy(id), commands.destroy(id)],
      ['undefine', () => hypervisor.undefine(id), commands.undefine(id)],
      ['start absent', () => hypervisor.start(spec), commands.start(spec, 'absent')],
      ['destroy last', () => hypervisor.destroy(id), commands.destroy(id)],
      ['undefine last', () => hypervisor.undefine(id), commands.undefine(id)],
    ] as const)
      assert.deepEqual(await commandsDuring(work), planned, name)
    assert.deepEqual(
      commands.commit(id, 'vda', { ...layers, active: true }).map((list) => list.at(-1)),
      ['--active', '--pivot'],
    )
  })

  it('brings the filter of a card along, and shows it', async () => {
    const network = { mac: '52:54:00:12:34:56', source: { kind: 'network', name: 'nothing' } } as const
    const carded = { ...spec, id: randomUUID(), domainName: 'commands.card', network }
    const { commands } = hypervisor
    assert.deepEqual(await commandsDuring(() => hypervisor.define(carded)), commands.define(carded))
    assert.match(commands.define(carded).join('\n'), /nwfilter-define.*\n.*define/)
    assert.deepEqual(await commandsDuring(() => hypervisor.undefine(carded.id)), commands.undefine(carded.id))
  })

  it('shows no password, and the agent the words that it is sent', () => {
    const [line = []] = hypervisor.commands.setPassword(spec.id, 'root')
    assert.deepEqual(line.slice(4, 8), ['qemu-agent-command', spec.id, '--timeout', '5'])
    assert.deepEqual(JSON.parse(line.at(-1) ?? ''), {
      execute: 'guest-set-user-password',
      arguments: { username: 'root', password: '***', crypted: false },
    })
  })
})
