// Booting from the network: iPXE with the address of what to load on its command line.
import { AppError } from '../../core/errors.ts'
import type { DomainSpec } from '../../core/hypervisor.ts'
import type { Element } from './xml.ts'

/** From Debian's package `ipxe`. Booted as a kernel, it runs its command line as a script. */
export const ipxeKernel = '/usr/lib/ipxe/ipxe.lkrn'

/** What stands in `<os>`; without a URI the firmware's own network boot does as the network's DHCP server says. */
export function networkBootElement(spec: DomainSpec): Element {
  if (spec.bootUri === undefined) return {}
  if (spec.firmware === 'uefi')
    throw new AppError(
      'unsupported',
      "a UEFI guest cannot be given the address of what to boot: Debian's iPXE for UEFI takes it from DHCP only; " +
        'use BIOS firmware, or leave the source out and let the DHCP server of the network name it',
      { field: 'source' },
    )
  // When the script ends or fails, iPXE hands back to the firmware, which goes on to the disk.
  return { kernel: ipxeKernel, cmdline: `dhcp && chain --autofree ${bootUri(spec.bootUri)}` }
}

/** A word of iPXE's script language: no white space to split it, and nothing that iPXE would replace. */
function bootUri(uri: string): string {
  if (/^(https?|tftp|ftp):\/\/[A-Za-z0-9\-._~:/?#[\]@!&'()*+,;=%]+$/.test(uri)) return uri
  throw new AppError('invalid', `'${uri}' is not an http, https, ftp or tftp URI that iPXE can load`, {
    field: 'source',
  })
}
