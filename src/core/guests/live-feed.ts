import type { Zone } from '../../zone/zone.ts'
import type { DomainState } from '../hypervisor.ts'
import type { Ownership } from '../identity/permissions.ts'
import { isRunning, type LiveGuests } from './live.ts'
import { findGuest } from './record.ts'

export interface LiveEvent {
  /** Id of the guest. */
  guest: string
  /** `absent` where its domain has gone. */
  state: DomainState
  running: boolean
  /** Milliseconds since 1970. */
  time: number
  /** Whose the guest is; undefined for a domain that is none of the record's. */
  owner: Ownership | undefined
}

/** What runs is no row of the record and has no revision: it is told as it changes, and kept nowhere. */
export interface LiveFeed {
  subscribe(listener: (event: LiveEvent) => void): () => void
}

export const createLiveFeed = (deps: { live: LiveGuests; zone: Zone; now(): number }): LiveFeed => ({
  subscribe: (listener) =>
    deps.live.onChange((guest, state) => {
      const row = findGuest(deps.zone, guest)
      const owner = row && { owner: row.owner, group: row.group }
      const time = deps.live.since(guest) ?? deps.now()
      listener({ guest, state, running: isRunning(state), time, owner })
    }),
})
