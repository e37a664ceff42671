import type { GuestHardware } from '../../db/row-types.ts'
import type { DomainState } from '../hypervisor.ts'

/** A domain of this host as its definition says, in the words of a guest. */
export interface FoundDomain {
  id: string
  name: string
  state: DomainState
  /** Whether libvirt itself starts it with the host. */
  autoStart: boolean
  cores: number
  memoryBytes: number
  /** Full machine type. */
  machine: string
  firmware: 'bios' | 'uefi'
  /** File of its UEFI variables, where one is named. */
  nvramPath: string | null
  hardware: GuestHardware
  /** By target. */
  disks: FoundDisk[]
  cards: FoundCard[]
  /** What of it Nacelle cannot carry over; each a sentence. */
  obstacles: string[]
  /** What will be otherwise from its next start on; each a sentence. */
  changes: string[]
}

export interface FoundDisk {
  target: string
  bus: string
  /** A path, or `<protocol>:<name>`; as `sourceLabel` has it. */
  label: string
  format: string
}

export interface FoundCard {
  mac: string
  model: string
  /** `network`, `bridge`, or libvirt's word for something else. */
  kind: string
  /** Of the network or bridge. */
  name: string
}

/** Domains that somebody else has made. */
export interface ForeignDomains {
  /** Throws `not_found`. Changes nothing. */
  inspect(id: string): Promise<FoundDomain>
  /** Whether libvirt starts it with the host; repeatable. */
  setAutoStart(id: string, enabled: boolean): Promise<void>
}
