import { fileURLToPath } from 'node:url'
import { cached } from './cache.ts'
import { makeIso } from './tiny-guest.ts'

const program = fileURLToPath(new URL('./debian-guest.sh', import.meta.url))

/**
 * Path of a Debian 12 cloud image: qcow2 of 2 GiB, BIOS, cloud-init reading a NoCloud seed (on virtio-scsi or IDE:
 * its kernel has no AHCI), guest agent, sshd, login on ttyS0. Built from a Debian mirror unless cached; that takes
 * minutes. Copy it, never boot it where it is.
 */
export function buildDebianGuest(): Promise<string> {
  return cached({ name: 'debian.qcow2', program, timeoutMs: 1_800_000 })
}

/** Writes a NoCloud seed with this `#cloud-config` document (without its first line). */
export function makeSeed(path: string, hostname: string, userData: string): Promise<string> {
  const files = {
    'meta-data': `instance-id: ${hostname}\nlocal-hostname: ${hostname}\n`,
    'user-data': `#cloud-config\n${userData}`,
    'network-config': 'version: 2\nethernets:\n  eth0:\n    dhcp4: true\n',
  }
  return makeIso(path, files, 'cidata')
}
