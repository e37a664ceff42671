import type { DiskSource } from '../../core/hypervisor.ts'
import type { VolumeLocation } from '../../core/volumes.ts'

/** A disk that the target offers. */
export interface Lun {
  number: number
  sizeBytes: number
}

/**
 * How this host reaches the LUNs of one target: by the kernel's initiator, or by the one inside QEMU. All calls are
 * repeatable and have deadlines.
 */
export interface Initiator {
  kind: 'kernel' | 'qemu'
  /** Session or credentials are there; throws what exactly is wrong otherwise. */
  attach(): Promise<void>
  /** The disks, by number. */
  luns(): Promise<Lun[]>
  /** Asks the target anew, for a LUN that has grown. Null where it has gone. */
  sizeOf(lun: number): Promise<number | null>
  /** What the LUN is: IQN and serial number. Another disk under the same number has another one. */
  identityOf(lun: number): Promise<string>
  /** For `qemu-img` and `qemu-io`. */
  location(lun: number): VolumeLocation
  /** For a guest. */
  source(lun: number): DiskSource
  /** Ends session and credentials. */
  detach(): Promise<void>
}

/** Where the target is and who we are to it. */
export interface Target {
  portal: { name: string; port: number }
  iqn: string
  /** Our own name. */
  initiatorIqn: string
  /** Null without CHAP. */
  chap: { user: string; password: string; secretUuid: string } | null
}

/** IPv6 in brackets, as URIs and portals want it. */
export const portalText = ({ name, port }: Target['portal']): string =>
  name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`
