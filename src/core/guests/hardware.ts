import type { GuestHardware } from '../../db/row-types.ts'
import { AppError, invalid } from '../errors.ts'
import type { HypervisorFacts } from '../hypervisor.ts'

/** What a guest gets without a template: the paravirtual devices that every current system knows. */
export const virtioHardware: GuestHardware = {
  machine: 'q35',
  diskBus: 'virtio',
  mediaBus: 'scsi',
  nic: 'virtio',
  display: 'vga',
  usb: true,
  tablet: 'usb',
  clock: 'utc',
  hyperV: false,
  tpm: false,
  secureBoot: false,
}

/** Windows brings no virtio drivers: it is installed on devices that it knows. */
export const windowsHardware: GuestHardware = {
  ...virtioHardware,
  diskBus: 'sata',
  mediaBus: 'sata',
  nic: 'e1000e',
  clock: 'localtime',
  hyperV: true,
}

/** IDE has two channels with two drives each, and the removable drive and the seed need two of them. */
export const mostIdeDisks = 2

/** What this host must have for such a guest. Throws with the package that brings what is missing. */
export function checkHardware(
  { facts }: { facts: HypervisorFacts },
  { hardware, firmware, disks }: { hardware: GuestHardware; firmware: 'bios' | 'uefi'; disks: number },
): void {
  if (firmware === 'uefi' && !facts.uefi)
    throw invalid('firmware', 'this host has no UEFI firmware: install the package ovmf, or ask for bios')
  if (firmware === 'uefi' && hardware.machine === 'pc')
    throw invalid('firmware', "the template's machine 'pc' has no UEFI: ask for bios")
  if (hardware.secureBoot && firmware !== 'uefi')
    throw invalid('firmware', "the template asks for secure boot, which needs firmware 'uefi'")
  if (hardware.secureBoot && !facts.secureNvramTemplate)
    throw new AppError(
      'unsupported',
      'this host has no firmware with secure boot: install the package ovmf',
      {
        field: 'template',
      },
    )
  if (hardware.tpm && !facts.tpm)
    throw new AppError(
      'unsupported',
      'the template asks for a TPM, and this host cannot emulate one: install the packages swtpm and swtpm-tools',
      { field: 'template' },
    )
  if (hardware.diskBus === 'ide' && disks > mostIdeDisks)
    throw invalid('disks', `the template puts disks on IDE, which has room for ${mostIdeDisks}`)
}

const gibibyte = 2 ** 30

/** How far a running guest may grow: twice what it has, at least 4 cores and 4 GiB, within the limits. */
export const roomToGrow = (
  now: { cores: number; memoryBytes: number },
  most: { cores: number; memoryBytes: number },
): { maxCores: number; maxMemoryBytes: number } => ({
  maxCores: Math.max(now.cores, Math.min(most.cores, Math.max(4, 2 * now.cores))),
  maxMemoryBytes: Math.max(
    now.memoryBytes,
    Math.min(most.memoryBytes, Math.max(4 * gibibyte, 2 * now.memoryBytes)),
  ),
})
