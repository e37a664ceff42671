import { ok, type Surroundings, seeAll, unknown, type Verdict, warning } from './finding.ts'

export interface KvmFacts {
  /** Empty when a guest has really run on KVM, else the reason why it did not. */
  reason: string
  /** The processor's flag of hardware virtualization, null where it shows none. */
  flag: 'vmx' | 'svm' | null
  /** Whether this host is itself a guest. */
  nested: boolean
  /** Whether /dev/kvm exists. */
  device: boolean
}

const consequence = 'guests run in emulation (TCG), many times slower'

/** KVM counts only when it has run a guest: on nested hosts the device may be there and hang. */
export function judgeKvm(facts: KvmFacts, { root }: Pick<Surroundings, 'root'>): Verdict {
  if (facts.reason === '')
    return ok(`a guest ran on KVM${facts.nested ? ', nested: this host is itself a guest' : ''}`)
  if (!root && facts.device && /permission denied/i.test(facts.reason))
    return unknown('only root and the group kvm may try KVM', seeAll)
  // The probe's own words where it got no chance, e.g. because nothing can be written to /tmp.
  if (facts.reason.startsWith('the probe guest could not be started'))
    return unknown(facts.reason, 'ls -ld /tmp; it must be writable for the probe')
  return warning(`KVM does not work here (${facts.reason}): ${consequence}`, mendKvm(facts))
}

function mendKvm({ flag, nested, device }: KvmFacts): string {
  const loaded = flag === 'svm' ? 'kvm_amd' : 'kvm_intel'
  const outside =
    'on the hypervisor that this host runs on: switch nested virtualization on (modprobe kvm_intel nested=1, CPU ' +
    'mode host-passthrough), then boot this host anew'
  if (flag === null) return nested ? outside : 'in the firmware set-up: enable Intel VT-x or AMD-V (SVM)'
  if (!device) return `modprobe ${loaded}`
  return nested ? outside : `modprobe -r ${loaded} && modprobe ${loaded} && dmesg | grep -i kvm`
}
