import { access } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { AppError } from '../../core/errors.ts'
import type { HypervisorFacts } from '../../core/hypervisor.ts'
import { plainUefi, secureUefi } from './hardware-xml.ts'
import { probeAccelerator } from './kvm-probe.ts'
import { call, type Virsh } from './virsh.ts'
import { child, parseXml, text } from './xml.ts'

/** Asks libvirt, QEMU and the host. */
export async function probeFacts(virsh: Virsh): Promise<HypervisorFacts> {
  const [versions, q35, pc, acceleratorReason, uefi, secureUefiThere, tpm] = await Promise.all([
    call(virsh, ['version']),
    resolveMachine(virsh, 'q35'),
    resolveMachine(virsh, 'pc'),
    probeAccelerator('kvm'),
    isThere(plainUefi.code, plainUefi.variables),
    isThere(secureUefi.code, secureUefi.variables),
    isThere('/usr/bin/swtpm', '/usr/bin/swtpm_setup'),
  ])
  return {
    accelerator: acceleratorReason === '' ? 'kvm' : 'tcg',
    acceleratorReason,
    machines: { q35, pc },
    architecture: 'x86_64',
    ...parseVersions(versions),
    hostCores: availableParallelism(),
    hostMemoryBytes: totalmem(),
    uefi,
    ...(uefi ? { nvramTemplate: plainUefi.variables } : {}),
    ...(secureUefiThere ? { secureNvramTemplate: secureUefi.variables } : {}),
    tpm,
  }
}

/** What an alias stands for on this host, e.g. `pc-q35-7.2` for `q35`. */
async function resolveMachine(virsh: Virsh, alias: 'q35' | 'pc'): Promise<string> {
  // Machine types do not depend on the accelerator, and `kvm` would fail where KVM is missing.
  const words = ['domcapabilities', '--virttype', 'qemu', '--arch', 'x86_64', '--machine', alias]
  return parseMachine(await call(virsh, words), alias)
}

export function parseMachine(domainCapabilities: string, alias: 'q35' | 'pc'): string {
  const machine = text(child(parseXml(domainCapabilities), 'domainCapabilities', 'machine'))
  if (/^pc-(q35|i440fx)-\d+\.\d+$/.test(machine)) return machine
  throw new AppError(
    'unavailable',
    `QEMU's machine type ${alias} resolves to '${machine}', not to a full version`,
  )
}

export function parseVersions(out: string): { libvirtVersion: string; qemuVersion: string } {
  const version = (pattern: RegExp) => pattern.exec(out)?.[1] ?? ''
  return {
    libvirtVersion: version(/^Using library: libvirt (\S+)/m),
    qemuVersion: version(/^Running hypervisor: QEMU (\S+)/m),
  }
}

const isThere = (...paths: string[]): Promise<boolean> =>
  Promise.all(paths.map((path) => access(path))).then(
    () => true,
    () => false,
  )
