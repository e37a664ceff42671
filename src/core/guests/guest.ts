import type { GuestQos } from '../../db/row-types.ts'
import type * as schema from '../../db/schema.ts'

export type Guest = typeof schema.guest.$inferSelect
export type Volume = typeof schema.volume.$inferSelect
export type Snapshot = typeof schema.snapshot.$inferSelect
export type { GuestDisk, GuestQos } from '../../db/row-types.ts'

/** What a caller asks for; sizes are bytes. Everything optional has its default in rules.ts. */
export interface GuestRequest {
  name: string
  owner: string
  group: string
  pool: string
  cores: number
  memoryBytes: number
  /** System disk first, then data disks. */
  diskBytes: number[]
  autoStart: boolean
  /** Empty: as the template says, else linux. */
  system: string
  systemVersion: string
  /** Id or name of a template; without it `systemVersion` may mean one. */
  template?: string
  /** Left out: as the template says, else bios. */
  firmware?: 'bios' | 'uefi'
  /** 0–100, 50 when left out; higher ones start first and stop last with the host. */
  startPriority?: number
  startDelaySeconds?: number
  /** Id of a disk image; without one the system disk is empty. */
  fromImage?: string
  networkAddress?: string
  ethernetAddress?: string
  /** Ports of the guest that are forwarded from ports of the host. */
  ports: number[]
  modules: string[]
  /** Words to find it by; none when left out. */
  tags?: readonly string[]
  cloudInit?: {
    rootEnabled: boolean
    adminName: string
    /** Plain; generated when left out. */
    adminSecret?: string
    dataPath: string
    sshKeys: string[]
  }
  qos: GuestQos
  /** Id of the security policy group whose rules come after the guest's own. */
  securityPolicyGroup?: string
}

export const unlimitedQos: GuestQos = {
  cpuPriority: 'high',
  readBytesPerSecond: 0,
  writeBytesPerSecond: 0,
  readIops: 0,
  writeIops: 0,
  totalIops: 0,
  receiveBytesPerSecond: 0,
  sendBytesPerSecond: 0,
}
