import type { GuestHardware } from '../../db/row-types.ts'
import { virtioHardware, windowsHardware } from '../guests/hardware.ts'
import type { Template } from './template.ts'

/** What Windows 11 and the servers of its generation are supported with. */
const trustedWindows: GuestHardware = { ...windowsHardware, tpm: true, secureBoot: true }

const legacyHardware: GuestHardware = {
  ...virtioHardware,
  machine: 'pc',
  diskBus: 'ide',
  mediaBus: 'ide',
  nic: 'rtl8139',
  display: 'cirrus',
}

type Factory = Omit<Template, 'createdAt' | 'modifiedAt' | 'version' | 'admin'> & { admin?: string }

const linux = (id: string, name: string, systemVersions: string[], hardware = virtioHardware): Factory => ({
  id,
  name,
  admin: 'root',
  system: 'linux',
  systemVersions,
  firmware: 'bios',
  hardware,
})

const windows = (
  id: string,
  name: string,
  systemVersions: string[],
  hardware: GuestHardware = windowsHardware,
): Factory => ({
  id,
  name,
  admin: 'Administrator',
  system: 'windows',
  systemVersions,
  firmware: hardware.secureBoot ? 'uefi' : 'bios',
  hardware,
})

/**
 * The five of the original, by its names for `system_version`, and the systems of today. They are made once: what an
 * operator changes or deletes stays so.
 */
export const factoryTemplates: readonly Factory[] = [
  linux('centos7', 'CentOS 7', ['centos7', 'centos 7']),
  linux('centos6', 'CentOS 6', ['centos6', 'centos 6']),
  windows('win2012', 'Windows Server 2012', ['win2012', 'windows2012', 'windows server 2012']),
  linux('general', 'General', ['general'], {
    ...virtioHardware,
    diskBus: 'sata',
    mediaBus: 'sata',
    nic: 'e1000',
  }),
  linux('legacy', 'Legacy', ['legacy'], legacyHardware),
  linux('debian12', 'Debian 12', ['debian12', 'debian 12', 'debian']),
  linux('debian13', 'Debian 13', ['debian13', 'debian 13']),
  linux('ubuntu2204', 'Ubuntu 22.04 LTS', ['ubuntu2204', 'ubuntu 22.04']),
  linux('ubuntu2404', 'Ubuntu 24.04 LTS', ['ubuntu2404', 'ubuntu 24.04', 'ubuntu']),
  linux('rocky9', 'Rocky Linux 9', ['rocky9', 'rocky 9', 'rocky']),
  linux('alma9', 'AlmaLinux 9', ['alma9', 'alma 9', 'almalinux']),
  linux('rocky10', 'Rocky Linux 10', ['rocky10', 'rocky 10']),
  linux('alma10', 'AlmaLinux 10', ['alma10', 'alma 10']),
  windows('win2022', 'Windows Server 2022', ['win2022', 'windows server 2022'], trustedWindows),
  windows('win2025', 'Windows Server 2025', ['win2025', 'windows server 2025'], trustedWindows),
  windows('win11', 'Windows 11', ['win11', 'windows 11'], trustedWindows),
]
