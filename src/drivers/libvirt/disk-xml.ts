// Disks and removable drives in a definition.
import type { DiskSource, DomainDisk, DomainQos } from '../../core/hypervisor.ts'
import { buildXml, type Element } from './xml.ts'

export function diskElement(
  disk: DomainDisk,
  options: { order?: number; qos?: DomainQos; buffered?: boolean },
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
    target: { '@dev': disk.target, '@bus': 'virtio' },
    serial: disk.serial,
    iotune: limits(options.qos),
    ...(options.order === undefined ? {} : { boot: { '@order': String(options.order) } }),
  }
}

/** A virtio-scsi CD-ROM: cloud kernels have no AHCI. */
export function cdromElement(target: 'sda' | 'sdb', source: DiskSource | null, order?: number): Element {
  return {
    '@type': source?.kind ?? 'file',
    '@device': 'cdrom',
    driver: { '@name': 'qemu', '@type': source?.format ?? 'raw' },
    ...(source ? { source: sourceElement(source) } : {}),
    target: { '@dev': target, '@bus': 'scsi' },
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
export const mediaAlias = 'scsi0-0-0-0'

/** The removable drive alone, for an update of a running domain. */
export const mediaXml = (source: DiskSource | null) => buildXml({ disk: cdromElement('sda', source) })

export function sourceElement(source: DiskSource): Element {
  return source.kind === 'file' ? { '@file': source.path } : { '@dev': source.path }
}

/** Libvirt refuses a total beside a read or write limit of the same kind; the total, being stricter, then wins. */
function limits(qos: DomainQos | undefined): Element | undefined {
  if (!qos) return undefined
  const named: [string, number | undefined][] = [
    ['read_bytes_sec', qos.readBytesPerSecond],
    ['write_bytes_sec', qos.writeBytesPerSecond],
    ['total_iops_sec', qos.totalIops],
    ['read_iops_sec', qos.totalIops ? undefined : qos.readIops],
    ['write_iops_sec', qos.totalIops ? undefined : qos.writeIops],
  ]
  const given = named.filter(([, value]) => value !== undefined && value > 0)
  if (given.length === 0) return undefined
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}
