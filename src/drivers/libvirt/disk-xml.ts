// Disks and removable drives in a definition.
import type { DiskSource, DomainDisk, DomainQos, DomainSpec, NetworkSource } from '../../core/hypervisor.ts'
import { iotuneElement } from './rates.ts'
import { buildXml, type Element } from './xml.ts'

type DiskBus = DomainSpec['hardware']['diskBus']
type MediaBus = DomainSpec['hardware']['mediaBus']

export function diskElement(
  disk: DomainDisk,
  options: { bus: DiskBus; order?: number; qos?: DomainQos; buffered?: boolean },
): Element {
  return {
    '@type': disk.source.kind,
    '@device': 'disk',
    driver: {
      '@name': 'qemu',
      '@type': disk.source.format,
      '@cache': options.buffered ? 'writeback' : 'none',
      '@discard': 'unmap',
      '@detect_zeroes': 'unmap',
      // A full pool pauses the guest instead of showing it a broken disk.
      '@error_policy': 'stop',
    },
    source: sourceElement(disk.source),
    target: { '@dev': disk.target, '@bus': options.bus },
    serial: disk.serial,
    iotune: iotuneElement(options.qos),
    ...(options.order === undefined ? {} : { boot: { '@order': String(options.order) } }),
  }
}

interface Cdrom {
  source: DiskSource | null
  bus: MediaBus
  order?: number
}

/** The removable drive (`sda`) or the seed (`sdb`). On virtio-scsi by default: cloud kernels have no AHCI. */
export function cdromElement(target: 'sda' | 'sdb', { source, bus, order }: Cdrom): Element {
  return {
    '@type': source?.kind ?? 'file',
    '@device': 'cdrom',
    driver: { '@name': 'qemu', '@type': source?.format ?? 'raw' },
    ...(source ? { source: sourceElement(source) } : {}),
    target: { '@dev': target, '@bus': bus },
    readonly: {},
    ...(order === undefined ? {} : { boot: { '@order': String(order) } }),
    address: {
      '@type': 'drive',
      '@controller': '0',
      '@bus': '0',
      '@target': '0',
      '@unit': target === 'sda' ? '0' : '1',
    },
  }
}

/** QEMU's name of the removable drive, which follows from its address. */
export const mediaAlias = (bus: MediaBus) =>
  bus === 'sata' ? 'sata0-0-0' : `${bus}0-0-0${bus === 'scsi' ? '-0' : ''}`

/** The removable drive alone, for an update of a running domain. */
export const mediaXml = (bus: MediaBus, source: DiskSource | null) =>
  buildXml({ disk: cdromElement('sda', { source, bus }) })

export function sourceElement(source: DiskSource): Element {
  if (source.kind === 'file') return { '@file': source.path }
  return source.kind === 'block' ? { '@dev': source.path } : networkElement(source)
}

function networkElement({ protocol, name, hosts, auth, initiatorIqn }: NetworkSource): Element {
  return {
    '@protocol': protocol,
    '@name': name,
    host: hosts.map((host) => ({ '@name': host.name, '@port': String(host.port) })),
    ...(initiatorIqn ? { initiator: { iqn: { '@name': initiatorIqn } } } : {}),
    ...(auth
      ? { auth: { '@username': auth.user, secret: { '@type': secretType(auth), '@uuid': auth.secretUuid } } }
      : {}),
  }
}

/** Libvirt's word for what a CHAP password is used for. */
const secretType = ({ type }: { type: 'ceph' | 'chap' }) => (type === 'ceph' ? 'ceph' : 'iscsi')
