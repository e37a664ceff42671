// Weights and limits of a guest: as libvirt's XML wants them at the start, and as virsh takes them later.
import type { DomainQos } from '../../core/hypervisor.ts'
import type { Element } from './xml.ts'

/** Of 1024 that a process without a weight has. */
const shares = { high: 4096, medium: 1024, low: 256 } as const

export const cpuShares = (qos: DomainQos | undefined): number => shares[qos?.cpuPriority ?? 'medium']

/** Libvirt refuses a total beside a read or write limit of the same kind; the total, being stricter, then wins. */
const diskRates = (qos: DomainQos): [name: string, value: number][] => [
  ['read_bytes_sec', qos.readBytesPerSecond ?? 0],
  ['write_bytes_sec', qos.writeBytesPerSecond ?? 0],
  ['total_iops_sec', qos.totalIops ?? 0],
  ['read_iops_sec', qos.totalIops ? 0 : (qos.readIops ?? 0)],
  ['write_iops_sec', qos.totalIops ? 0 : (qos.writeIops ?? 0)],
]

export function iotuneElement(qos: DomainQos | undefined): Element | undefined {
  const given = diskRates(qos ?? {}).filter(([, value]) => value > 0)
  if (given.length === 0) return undefined
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}

/** For `virsh blkdeviotune`: what is not limited is set to 0, which takes a former limit away. */
export const diskRateArguments = (qos: DomainQos | undefined): string[] =>
  diskRates(qos ?? {}).flatMap(([name, value]) => [`--${name.replaceAll('_', '-')}`, String(value)])

/** Libvirt counts KiB per second, and sees the directions from the guest. */
const average = (bytesPerSecond: number | undefined) =>
  bytesPerSecond ? String(Math.max(1, Math.round(bytesPerSecond / 1024))) : '0'

export function bandwidthElement(qos: DomainQos | undefined): Element | undefined {
  if (!qos?.receiveBytesPerSecond && !qos?.sendBytesPerSecond) return undefined
  return {
    ...(qos.receiveBytesPerSecond ? { inbound: { '@average': average(qos.receiveBytesPerSecond) } } : {}),
    ...(qos.sendBytesPerSecond ? { outbound: { '@average': average(qos.sendBytesPerSecond) } } : {}),
  }
}

/** For `virsh domiftune`, where 0 takes a former limit away. */
export const bandwidthArguments = (qos: DomainQos | undefined): string[] => [
  '--inbound',
  average(qos?.receiveBytesPerSecond),
  '--outbound',
  average(qos?.sendBytesPerSecond),
]
