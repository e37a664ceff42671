/** What lies in the JSON columns of guests and snapshots. */

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

export interface SnapshotLayer {
  index: number
  volume: string
  sizeBytes: number
}

/** What of the guest a snapshot brings back. */
export interface SnapshotDefinition {
  cores: number
  memoryBytes: number
  firmware: 'bios' | 'uefi'
  machine: string
}
