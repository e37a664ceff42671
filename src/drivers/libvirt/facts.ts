import { access } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { AppError } from '../../core/errors.ts'
import type { HypervisorFacts } from '../../core/hypervisor.ts'
import { uefiCode, uefiVariablesTemplate } from './domain-xml.ts'
import { probeAccelerator } from './kvm-probe.ts'
import { call, type Virsh } from './virsh.ts'
import { child, parseXml, text } from './xml.ts'

/** Asks libvirt, QEMU and the host. */
export async function probeFacts(virsh: Virsh): Promise<HypervisorFacts> {
  const [versions, machine, acceleratorReason, uefi] = await Promise.all([
    call(virsh, ['version']),
    resolveMachine(virsh),
    probeAccelerator('kvm'),
    hasUefi(),
  ])
  return {
    accelerator: acceleratorReason === '' ? 'kvm' : 'tcg',
    acceleratorReason,
    machine,
    architecture: 'x86_64',
    ...parseVersions(versions),
    hostCores: availableParallelism(),
    hostMemoryBytes: totalmem(),
    uefi,
    ...(uefi ? { nvramTemplate: uefiVariablesTemplate } : {}),
  }
}

/** What `q35` stands for on this host, e.g. `pc-q35-7.2`. */
async function resolveMachine(virsh: Virsh): Promise<string> {
  // Machine types do not depend on the accelerator, and `kvm` would fail where KVM is missing.
  const out = await call(virsh, [
    'domcapabilities',
    '--virttype',
    'qemu',
    '--arch',
    'x86_64',
    '--machine',
    'q35',
  ])
  return parseMachine(out)
}

export function parseMachine(domainCapabilities: string): string {
  const machine = text(child(parseXml(domainCapabilities), 'domainCapabilities', 'machine'))
  if (/^pc-q35-\d+\.\d+$/.test(machine)) return machine
  throw new AppError('unavailable', `QEMU's machine type q35 resolves to '${machine}', not to a full version`)
}

export function parseVersions(out: string): { libvirtVersion: string; qemuVersion: string } {
  const version = (pattern: RegExp) => pattern.exec(out)?.[1] ?? ''
  return {
    libvirtVersion: version(/^Using library: libvirt (\S+)/m),
    qemuVersion: version(/^Running hypervisor: QEMU (\S+)/m),
  }
}

async function hasUefi(): Promise<boolean> {
  try {
    await Promise.all([access(uefiCode), access(uefiVariablesTemplate)])
    return true
  } catch {
    return false
  }
}
