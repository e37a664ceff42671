import type { DiskView } from '../../core/guests/disks.ts'
import type { GuestView } from '../../core/guests/view.ts'
import type { InstanceFigures } from '../../core/instances/instances.ts'
import { recordTag } from './match.ts'

/** What a guest's rendering needs beside the guest. */
export interface GuestNames {
  /** Address of a cell. */
  host(cell: string): string
  /** Length of the prefix of an allocated address. */
  prefix(pool: string, address: string): number
  /** Name of a media image. */
  media(id: string): string
}

/** `2018-08-21 00:12:34`, UTC: the portal splits at the space. */
export const timeText = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')

/**
 * The version of a guest as it is shown: that of its record, and a digest of what is seen of its instance, so that a
 * reader who asks for news gets them.
 */
export function guestTag(guest: GuestView, figures?: InstanceFigures): string {
  const { live, stateReason, progress, networkAddress, displayAddress } = guest
  return recordTag(guest.version, [live, stateReason, progress, networkAddress, displayAddress, figures])
}

export function guestElement(guest: GuestView, names: GuestNames) {
  const displayAddress = guest.displayAddress
  return {
    name: `${guest.group}.${guest.name}`,
    id: guest.id,
    created: guest.created,
    progress: guest.progress,
    running: guest.running,
    owner: guest.owner,
    group: guest.group,
    pool: guest.pool,
    cell: guest.cell,
    host: names.host(guest.cell),
    cores: guest.cores,
    memory: guest.memoryBytes,
    total_disk: guest.disks.reduce((sum, disk) => sum + disk.sizeBytes, 0),
    disks: guest.disks.map((disk) => disk.sizeBytes),
    auto_start: guest.autoStart,
    system: guest.system,
    system_version: guest.systemVersion,
    ...(guest.template ? { template: guest.template } : {}),
    start_priority: guest.startPriority,
    start_delay: guest.startDelaySeconds,
    modules: guest.modules,
    tags: guest.tags,
    firmware: guest.firmware,
    state: guest.live === 'absent' ? 'stopped' : guest.live,
    ...(guest.stateReason ? { state_reason: guest.stateReason } : {}),
    ethernet_address: guest.mac,
    display_protocol: 'vnc',
    internal: {
      ...(guest.networkAddress ? { network_address: guest.networkAddress } : {}),
      display_address: displayAddress,
      ...(guest.address && guest.addressPool
        ? { allocated_address: `${guest.address}/${names.prefix(guest.addressPool, guest.address)}` }
        : {}),
    },
    external: { ...externalAddress(guest, names), display_address: displayAddress },
    ports: guest.ports,
    ...(guest.securityPolicyGroup ? { security_policy_group: guest.securityPolicyGroup } : {}),
    create_time: timeText(guest.createdAt),
    media_attached: guest.media !== null,
    ...(guest.media ? { media_source: names.media(guest.media) } : {}),
    qos: qosOf(guest),
  }
}

/** What is told of one guest and not in lists. */
export const guestDetail = (guest: GuestView, names: GuestNames, monitorSecret: string) => ({
  ...guestElement(guest, names),
  monitor_secret: monitorSecret,
  max_cores: guest.maxCores,
  max_memory: guest.maxMemoryBytes,
  ...(guest.cloudInit
    ? {
        cloud_init: {
          root_enabled: guest.cloudInit.rootEnabled,
          admin_name: guest.cloudInit.adminName,
          data_path: guest.cloudInit.dataPath,
          ssh_keys: guest.cloudInit.sshKeys,
        },
      }
    : {}),
})

export const diskElement = (disk: DiskView) => ({
  index: disk.index,
  size: disk.sizeBytes,
  used: disk.usedBytes,
  pool: disk.pool,
  volume: disk.volume,
  format: disk.format,
  layers: disk.layers,
  image: disk.image,
  online_resize: disk.onlineResize,
  compactable: disk.compactable,
})

/** Where the guest is reached from outside: at its own address (1:1 NAT), or at the host's by the ports that it forwards. */
function externalAddress(guest: GuestView, names: GuestNames): { network_address?: string } {
  const address = guest.externalAddress ?? (guest.ports.length > 0 ? names.host(guest.cell) : '')
  return address ? { network_address: address } : {}
}

/** As the original: the priority always, a limit only where there is one. */
function qosOf({ qos }: GuestView): Record<string, string | number> {
  const limits = {
    read_speed: qos.readBytesPerSecond,
    write_speed: qos.writeBytesPerSecond,
    read_iops: qos.readIops,
    write_iops: qos.writeIops,
    max_io: qos.totalIops,
    receive_speed: qos.receiveBytesPerSecond,
    send_speed: qos.sendBytesPerSecond,
  }
  return {
    cpu_priority: qos.cpuPriority,
    ...Object.fromEntries(Object.entries(limits).filter(([, value]) => value > 0)),
  }
}

export const instanceElement = (guest: GuestView, names: GuestNames, figures: InstanceFigures) => ({
  ...guestElement(guest, names),
  cpu_usage: figures.cpuUsage,
  memory_available: figures.memoryAvailableBytes,
  disk_available: figures.diskAvailableBytes,
  bytes_read: figures.bytesRead,
  bytes_written: figures.bytesWritten,
  bytes_received: figures.bytesReceived,
  bytes_sent: figures.bytesSent,
  read_speed: Math.round(figures.readBytesPerSecond),
  write_speed: Math.round(figures.writeBytesPerSecond),
  receive_speed: Math.round(figures.receiveBytesPerSecond),
  send_speed: Math.round(figures.sendBytesPerSecond),
})
