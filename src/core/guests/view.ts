import type { DomainState } from '../hypervisor.ts'
import type { Guest } from './guest.ts'

/** A guest as the services show it; dialects render it in their own words. */
export interface GuestView extends Omit<Guest, 'adminSecret' | 'monitorSecret'> {
  /** False while it is being made. */
  created: boolean
  /** Of the creation, 0–100. */
  progress: number
  live: DomainState
  /** Why it is paused; else empty. */
  stateReason: string
  running: boolean
  /** IPv4 address that the guest has itself, as agent or DHCP server say; null when unknown. */
  networkAddress: string | null
  /** `host:port` for outside viewers; empty with a unix socket. */
  displayAddress: string
}
