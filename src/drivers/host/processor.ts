import type { KvmFacts } from '../../core/doctor/virtualization.ts'
import { isThere, readIfThere } from './files.ts'

/** All of the facts about KVM but whether a guest ran. */
export async function processorFacts(): Promise<Omit<KvmFacts, 'reason'>> {
  const [cpuinfo, device] = await Promise.all([readIfThere('/proc/cpuinfo'), isThere('/dev/kvm')])
  return { ...parseCpuFlags(cpuinfo ?? ''), device }
}

export function parseCpuFlags(cpuinfo: string): Pick<KvmFacts, 'flag' | 'nested'> {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(' '))
  return { flag: flags.has('vmx') ? 'vmx' : flags.has('svm') ? 'svm' : null, nested: flags.has('hypervisor') }
}
