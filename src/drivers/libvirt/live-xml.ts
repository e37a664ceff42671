// What is read from the XML of a domain that runs.
import { AppError } from '../../core/errors.ts'
import type { DisplayAddress, DomainSpec } from '../../core/hypervisor.ts'
import { attribute, child, children, type Element, parseXml } from './xml.ts'

const deviceList = (xml: string, name: string) => children(child(parseXml(xml), 'domain', 'devices'), name)

/** Where VNC listens. Throws `conflict` for a domain without a running display. */
export function displayAddress(xml: string): DisplayAddress {
  for (const graphics of deviceList(xml, 'graphics')) {
    if (attribute(graphics, 'type') !== 'vnc') continue
    const listen = child(graphics, 'listen')
    const path = attribute(graphics, 'socket') ?? attribute(listen, 'socket')
    if (path) return { kind: 'unix', path }
    const port = Number(attribute(graphics, 'port') ?? -1)
    if (port > 0) return { kind: 'tcp', host: attribute(listen, 'address') ?? '127.0.0.1', port }
  }
  throw new AppError('conflict', 'the guest has no display now: it is not running')
}

export const isLive = (xml: string) => attribute(child(parseXml(xml), 'domain'), 'id') !== undefined

/** `connected` when an agent has opened its channel; `disconnected` when not; `none` without a channel. */
export function agentChannel(xml: string): 'connected' | 'disconnected' | 'none' {
  for (const channel of deviceList(xml, 'channel')) {
    const target = child(channel, 'target')
    if (attribute(target, 'name') !== 'org.qemu.guest_agent.0') continue
    return attribute(target, 'state') === 'connected' ? 'connected' : 'disconnected'
  }
  return 'none'
}

export interface LiveDisk {
  target: string
  device: string
  readonly: boolean
  /** Top first; empty for an empty drive. */
  files: string[]
}

/** The disks with the chains that QEMU has open; of a persistent definition, with the top alone. */
export function liveDisks(xml: string): LiveDisk[] {
  return deviceList(xml, 'disk').map((disk) => ({
    target: attribute(child(disk, 'target'), 'dev') ?? '',
    device: attribute(disk, 'device') ?? 'disk',
    readonly: child(disk, 'readonly') !== undefined,
    files: chain(disk),
  }))
}

/** The bus of the removable drive. */
export function mediaBus(xml: string): DomainSpec['hardware']['mediaBus'] {
  for (const disk of deviceList(xml, 'disk')) {
    const target = child(disk, 'target')
    const bus = attribute(target, 'bus')
    if (attribute(target, 'dev') === 'sda' && (bus === 'sata' || bus === 'ide')) return bus
  }
  return 'scsi'
}

/** Throws `conflict` for a domain that does not run, `not_found` for a disk that it has not. */
export function requireDisk(xml: string, target: string): void {
  if (!isLive(xml)) throw new AppError('conflict', 'the guest is not running')
  if (liveDisks(xml).some((disk) => disk.target === target)) return
  throw new AppError('not_found', `the guest has no disk '${target}'`)
}

function chain(layer: Element | undefined): string[] {
  const source = child(layer, 'source')
  const path = attribute(source, 'file') ?? attribute(source, 'dev') ?? attribute(source, 'name')
  if (path === undefined) return []
  return [path, ...chain(child(layer, 'backingStore'))]
}
