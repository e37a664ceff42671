import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import type { DiskSource, DomainQos, DomainSpec, HypervisorFacts } from '../hypervisor.ts'
import type { DomainCard } from '../hypervisor-commands.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { policyOf } from '../security-policies/record.ts'
import type { VolumeStore } from '../volumes.ts'
import { cardSource } from './connection.ts'
import type { Guest, GuestDisk } from './guest.ts'
import { readVolume } from './record.ts'
import { domainNameOf } from './rules.ts'

export interface SpecSources {
  zone: Zone
  store(pool: string): VolumeStore
  secrets: Secrets
  facts: HypervisorFacts
  /** The setting `vnc.listen`: an address for outside viewers, empty for the unix socket. */
  vncListen(): string
}

export type Boot = Pick<DomainSpec, 'boot'>

const letter = (index: number): string => String.fromCharCode(97 + index)

/** `vda` for the system disk, `vdb`… for data disks; on other buses from `sdc` on, after the two removable drives. */
export const targetOf = ({ hardware }: Pick<Guest, 'hardware'>, index: number): string =>
  hardware.diskBus === 'virtio' ? `vd${letter(index)}` : `sd${letter(index + 2)}`

/** What the guest sees as the disk's serial; virtio cuts it at 20 characters. */
export const serialOf = (guestId: string, index: number): string => `${guestId.slice(0, 8)}-${index}`

/** What the hypervisor must be told to run this guest; everything comes from the record. */
export function domainSpec(sources: SpecSources, guest: Guest, boot: Boot = { boot: 'disk' }): DomainSpec {
  const monitorSecret = sources.secrets.decrypt(guest.monitorSecret, `guest:${guest.id}:monitor`)
  const listen = sources.vncListen()
  return {
    id: guest.id,
    domainName: domainNameOf(guest),
    accelerator: sources.facts.accelerator,
    machine: guest.machine,
    firmware: guest.firmware,
    nvramPath: guest.nvram ? filePath(sources, guest.nvram) : undefined,
    hardware: guest.hardware,
    cores: guest.cores,
    memoryBytes: guest.memoryBytes,
    maxCores: Math.max(guest.cores, guest.maxCores),
    maxMemoryBytes: Math.max(guest.memoryBytes, guest.maxMemoryBytes),
    disks: guest.disks.map((disk) => domainDisk(sources, guest, disk)),
    seed: guest.seed ? sourceOf(sources, guest.seed) : undefined,
    media: guest.media ? mediaSource(sources, guest.media) : undefined,
    network: domainNic(sources.zone, guest),
    ...boot,
    display: listen === '' ? { kind: 'unix' } : { kind: 'tcp', listen, password: monitorSecret },
    qos: domainQos(guest),
  }
}

const domainDisk = (sources: SpecSources, guest: Guest, disk: GuestDisk) => ({
  target: targetOf(guest, disk.index),
  source: sourceOf(sources, disk.volume),
  serial: serialOf(guest.id, disk.index),
})

export function sourceOf(sources: Pick<SpecSources, 'zone' | 'store'>, volumeId: string): DiskSource {
  const volume = readVolume(sources.zone, volumeId)
  return sources.store(volume.pool).source(volume.name, volume.format)
}

/** Where a volume lies that only makes sense as a file of the host (NVRAM, memory). */
export function filePath(sources: Pick<SpecSources, 'zone' | 'store'>, volumeId: string): string {
  const source = sourceOf(sources, volumeId)
  if (source.kind !== 'file')
    throw new AppError(
      'unsupported',
      'this storage pool keeps no files, so UEFI variables and memory cannot lie on it',
    )
  return source.path
}

/** Throws when the image has lost its bytes. */
export function mediaSource(sources: Pick<SpecSources, 'zone' | 'store'>, imageId: string): DiskSource {
  const image = sources.zone.db.select().from(schema.image).where(eq(schema.image.id, imageId)).get()
  if (!image?.volume || image.kind !== 'media')
    throw new AppError('not_found', `there is no media image '${imageId}' with a file`, { field: 'source' })
  return sourceOf(sources, image.volume)
}

/** What the commands of a guest's definition depend on. */
export const cardOf = (zone: Zone, guest: Omit<Guest, 'version'>): DomainCard => ({
  id: guest.id,
  network: domainNic(zone, guest),
})

function domainNic(zone: Zone, guest: Omit<Guest, 'version'>): DomainSpec['network'] {
  const source = cardSource(zone, guest)
  return (
    source && {
      mac: guest.mac,
      source,
      address: guest.address ?? undefined,
      policy: policyOf(zone.db, guest),
    }
  )
}

/** Zero in the record means unlimited. */
function domainQos(guest: Guest): DomainQos {
  const { cpuPriority, ...figures } = guest.qos
  const set = Object.entries(figures).filter(([, value]) => value > 0)
  return { cpuPriority, ...Object.fromEntries(set) }
}
