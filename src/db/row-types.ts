/** What lies in the JSON columns of guests, snapshots and storage pools. */

export interface GuestDisk {
  /** System disk 0, data disks 1… */
  index: number
  /** Id of the volume row of the active (top) layer. */
  volume: string
  sizeBytes: number
}

export interface GuestCloudInit {
  rootEnabled: boolean
  adminName: string
  dataPath: string
  sshKeys: string[]
}

export interface GuestQos {
  cpuPriority: 'high' | 'medium' | 'low'
  readBytesPerSecond: number
  writeBytesPerSecond: number
  readIops: number
  writeIops: number
  totalIops: number
  receiveBytesPerSecond: number
  sendBytesPerSecond: number
}

/** The virtual devices of a guest. */
export interface GuestHardware {
  machine: 'q35' | 'pc'
  diskBus: 'virtio' | 'scsi' | 'sata' | 'ide'
  /** Of the removable drive and the seed: a system without virtio drivers must read them while it is installed. */
  mediaBus: 'scsi' | 'sata' | 'ide'
  nic: 'virtio' | 'e1000' | 'e1000e' | 'rtl8139'
  display: 'vga' | 'cirrus' | 'qxl' | 'virtio' | 'none'
  usb: boolean
  tablet: 'usb' | 'virtio' | 'none'
  clock: 'utc' | 'localtime'
  /** Enlightenments that Windows knows. */
  hyperV: boolean
  tpm: boolean
  secureBoot: boolean
}

/** What one rule of a security policy says of traffic towards the guest. */
export interface SecurityRule {
  action: 'accept' | 'reject'
  protocol: 'tcp' | 'udp' | 'icmp'
  /** IPv4 address or network in CIDR form; null is any. */
  fromAddress: string | null
  toAddress: string | null
  /** Port of the guest; null is any, and always with ICMP. */
  toPort: number | null
}

/** A guest's own part of its policy; its group's comes after. */
export interface GuestSecurityPolicy {
  /** Null leaves it to the group. */
  defaultAction: 'accept' | 'reject' | null
  rules: SecurityRule[]
}

/** Zero is none at all; null is no bound. */
export interface Quota {
  cores: number | null
  memoryBytes: number | null
  diskBytes: number | null
  guests: number | null
}

/** What the members of a group share with each other: whether a role for one's own lets them at what another's is. */
export interface GroupSharing {
  guests: boolean
  diskImages: boolean
  mediaImages: boolean
}

export interface SnapshotLayer {
  index: number
  volume: string
  sizeBytes: number
  /** Name of the snapshot inside the volume, where its pool keeps them there; else the volume itself is frozen. */
  snapshot?: string
}

/** What of the guest a snapshot brings back. */
export interface SnapshotDefinition {
  cores: number
  memoryBytes: number
  firmware: 'bios' | 'uefi'
  machine: string
}

/** What a storage pool's type has beyond host and target; the same type as the pool's. */
export type StoragePoolOptions =
  | { type: 'dir' }
  /** Options of the mount beyond our own, as mount(8) takes them: joined by commas; empty for none. */
  | { type: 'nfs'; mountOptions: string }
  /** cephx user without `client.`, empty where the cluster has no authentication. The UUID names libvirt's secret. */
  | { type: 'rbd'; user: string; secretUuid: string }
  /** CHAP user, empty without CHAP; our own IQN, empty for the host's. The UUID names libvirt's secret. */
  | {
      type: 'iscsi'
      chapUser: string
      initiatorIqn: string
      secretUuid: string
      /** Left out: the kernel's where it is loaded, else QEMU's. */
      initiator?: 'kernel' | 'qemu'
    }
