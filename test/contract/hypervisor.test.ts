import { randomUUID } from 'node:crypto'
import { access, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../../src/core/context.ts'
import { virtioHardware } from '../../src/core/guests/hardware.ts'
import type { DomainSpec } from '../../src/core/hypervisor.ts'
import { run } from '../../src/drivers/exec.ts'
import { createLibvirt } from '../../src/drivers/libvirt/hypervisor.ts'
import { createSimulatedHypervisor } from '../../src/drivers/simulated/hypervisor.ts'
import { startLab } from '../lab/libvirt.ts'
import { buildTinyGuest } from '../lab/tiny-guest.ts'
import { isLongSuite } from '../support/long-suite.ts'
import { runHypervisorContract } from './hypervisor.ts'

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

/** The common part of a specification: one core, 192 MiB, one disk. */
function plainSpec(name: string, path: string): DomainSpec {
  return {
    id: randomUUID(),
    domainName: `contract.${name}`,
    accelerator: 'tcg',
    machine: 'pc-q35-7.2',
    firmware: 'bios',
    cores: 1,
    memoryBytes: 192 * 1024 ** 2,
    maxCores: 2,
    maxMemoryBytes: 192 * 1024 ** 2,
    hardware: virtioHardware,
    disks: [{ target: 'vda', source: { kind: 'file', path, format: 'qcow2' }, serial: name.slice(0, 20) }],
    boot: 'disk',
    display: { kind: 'unix' },
  }
}

runHypervisorContract('simulated', {
  patienceMs: 2_000,
  async create() {
    const directory = await mkdtemp(join(tmpdir(), 'nacelle-simulated-'))
    const path = (name: string) => join(directory, name)
    return {
      hypervisor: createSimulatedHypervisor(),
      path,
      exists,
      chainLength: async () => 1,
      async spec(name, { firmware = 'bios' } = {}) {
        await writeFile(path(`${name}.qcow2`), 'disk')
        const spec = plainSpec(name, path(`${name}.qcow2`))
        if (firmware === 'bios') return spec
        await writeFile(path(`${name}.fd`), 'variables')
        return { ...spec, firmware, nvramPath: path(`${name}.fd`) }
      },
      close: () => rm(directory, { recursive: true }),
    }
  },
})

function runLibvirt(name: string, stock: boolean): void {
  runHypervisorContract(name, {
    patienceMs: 240_000,
    async create() {
      const lab = await startLab({ stock })
      const tiny = await buildTinyGuest({ serial: 'login' })
      const path = (name: string) => join(lab.dir, 'varlib/images', name)
      const hypervisor = createLibvirt({
        uri: `qemu:///system?socket=${join(lab.dir, 'run/libvirt/libvirt-sock')}`,
        log: silent,
      })
      return {
        hypervisor,
        path,
        exists,
        async chainLength(image) {
          const { stdout } = await run('qemu-img', ['info', '--backing-chain', '--output=json', image])
          return (JSON.parse(stdout) as unknown[]).length
        },
        async spec(name, { bootable = false, firmware = 'bios' } = {}) {
          const disk = path(`${name}.qcow2`)
          const backing = bootable ? ['-b', tiny, '-F', 'qcow2'] : []
          const size = bootable ? [] : ['1G']
          await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, disk, ...size])
          const spec = plainSpec(name, disk)
          if (firmware === 'bios') return spec
          await copyFile('/usr/share/OVMF/OVMF_VARS_4M.fd', path(`${name}.fd`))
          return { ...spec, firmware, nvramPath: path(`${name}.fd`) }
        },
        async close() {
          await hypervisor.close()
          await lab.stop()
        },
      }
    },
  })
}

if (process.getuid?.() !== 0) console.log('# hypervisor: libvirt skipped: a private libvirt needs root')
else {
  runLibvirt('libvirt', false)
  // QEMU as libvirt-qemu with dynamic ownership; the same promises once more, so only in the long suite.
  if (isLongSuite) runLibvirt('libvirt with the stock qemu.conf', true)
}
