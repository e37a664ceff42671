// What a guest's template decides about its definition: firmware, clock, processors, memory and devices.
import type { DomainSpec } from '../../core/hypervisor.ts'
import type { Element } from './xml.ts'

const firmwareDirectory = '/usr/share/OVMF'

export interface Firmware {
  code: string
  variables: string
}

export const plainUefi: Firmware = {
  code: `${firmwareDirectory}/OVMF_CODE_4M.fd`,
  variables: `${firmwareDirectory}/OVMF_VARS_4M.fd`,
}

/** Built with the protection of its variables that secure boot needs, and with the keys of Microsoft enrolled. */
export const secureUefi: Firmware = {
  code: `${firmwareDirectory}/OVMF_CODE_4M.secboot.fd`,
  variables: `${firmwareDirectory}/OVMF_VARS_4M.ms.fd`,
}

export function osElement({ machine, firmware, hardware, nvramPath }: DomainSpec): Element {
  const type = { '@arch': 'x86_64', '@machine': machine, '#text': 'hvm' }
  if (firmware === 'bios') return { type, bios: { '@useserial': 'yes' } }
  const { code, variables } = hardware.secureBoot ? secureUefi : plainUefi
  return {
    type,
    loader: {
      '@readonly': 'yes',
      '@type': 'pflash',
      ...(hardware.secureBoot ? { '@secure': 'yes' } : {}),
      '#text': code,
    },
    // The template serves when the file is not there: libvirt then makes it.
    nvram: { '@template': variables, ...(nvramPath ? { '#text': nvramPath } : {}) },
  }
}

export const featuresElement = ({ accelerator, hardware }: DomainSpec): Element => ({
  acpi: {},
  apic: {},
  // Only KVM knows how.
  ...(hardware.hyperV && accelerator === 'kvm' ? { hyperv: hyperV } : {}),
  ...(hardware.secureBoot ? { smm: { '@state': 'on' } } : {}),
})

const on = { '@state': 'on' }
const hyperV: Element = {
  relaxed: on,
  vapic: on,
  spinlocks: { '@state': 'on', '@retries': '8191' },
  vpindex: on,
  synic: on,
  stimer: on,
  frequencies: on,
}

export const clockElement = ({ accelerator, hardware }: DomainSpec): Element => ({
  '@offset': hardware.clock,
  timer: [
    { '@name': 'rtc', '@tickpolicy': 'catchup' },
    { '@name': 'pit', '@tickpolicy': 'delay' },
    { '@name': 'hpet', '@present': 'no' },
    ...(hardware.hyperV && accelerator === 'kvm' ? [{ '@name': 'hypervclock', '@present': 'yes' }] : []),
  ],
})

/** TCG emulates `maximum`; KVM hands the host's CPU on, in the part that survives a restore on the same model. */
export const cpuElement = (spec: DomainSpec): Element => ({
  '@mode': spec.accelerator === 'kvm' ? 'host-passthrough' : 'maximum',
  '@check': 'none',
  '@migratable': 'on',
  // One socket: desktop editions of Windows use no more than two.
  topology: { '@sockets': '1', '@dies': '1', '@cores': String(spec.maxCores), '@threads': '1' },
  ...(growsInMemory(spec) ? { numa: { cell: onlyNode(spec) } } : {}),
})

/** Memory is plugged into a NUMA node, so there must be one. */
const onlyNode = ({ maxCores, memoryBytes }: DomainSpec): Element => ({
  '@id': '0',
  '@cpus': maxCores === 1 ? '0' : `0-${maxCores - 1}`,
  '@memory': String(memoryBytes),
  '@unit': 'b',
})

const growsInMemory = ({ memoryBytes, maxMemoryBytes }: DomainSpec) => maxMemoryBytes > memoryBytes

/** Enough to grow a few times before the next start. */
const memorySlots = 16

export const sizeElements = (spec: DomainSpec): Element => ({
  ...(growsInMemory(spec)
    ? {
        maxMemory: { '@slots': String(memorySlots), '@unit': 'b', '#text': String(spec.maxMemoryBytes) },
      }
    : {}),
  memory: { '@unit': 'b', '#text': String(spec.memoryBytes) },
  vcpu: { '@current': String(spec.cores), '#text': String(spec.maxCores) },
})

export const controllers = ({ hardware }: DomainSpec): Element[] => [
  { '@type': 'scsi', '@index': '0', '@model': 'virtio-scsi' },
  { '@type': 'virtio-serial', '@index': '0' },
  { '@type': 'usb', '@index': '0', '@model': hardware.usb ? 'qemu-xhci' : 'none' },
]

export const inputElement = ({ tablet }: DomainSpec['hardware']): Element | undefined =>
  tablet === 'none' ? undefined : { '@type': 'tablet', '@bus': tablet }

/** Standard VGA shows a text console on every guest, also on kernels without DRM drivers. */
export const videoElement = ({ display }: DomainSpec['hardware']): Element => ({
  model: { '@type': display, ...(display === 'vga' ? { '@vram': '16384' } : {}) },
})

export const tpmElement = ({ tpm }: DomainSpec['hardware']): Element | undefined =>
  tpm ? { '@model': 'tpm-crb', backend: { '@type': 'emulator', '@version': '2.0' } } : undefined
