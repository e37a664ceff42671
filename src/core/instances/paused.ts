import { and, eq, sql } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import { hasCode } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import type { Guest } from '../guests/guest.ts'
import { findGuest, readVolume } from '../guests/record.ts'
import { targetOf } from '../guests/spec.ts'

/** What a guest that waits for room gets before it goes on: less, and it would stand still again at once. */
const wantedBytes = 256 << 20
/** Of a small pool: a twentieth. */
const wantedShare = 1 / 20

/** As libvirt says it. */
const ioError = 'I/O error'

/**
 * Looks at the guests that are paused: those whose pool was full go on when there is room again, made from the quarantine
 * where that helps. Those that something else has paused are left so, and those that a task holds are left to it.
 */
export async function keepPausedGuests(deps: GuestDeps): Promise<{ repaired: string[]; findings: string[] }> {
  const seen = { repaired: [] as string[], findings: [] as string[] }
  const errors: Error[] = []
  for (const { id } of guestsOf(deps)) {
    if (deps.live.state(id) !== 'paused') continue
    try {
      await keepGuest(deps, id, seen)
    } catch (error) {
      errors.push(error instanceof Error ? error : new Error(String(error)))
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join('; '))
  return seen
}

function guestsOf({ zone, cell, live }: GuestDeps): Pick<Guest, 'id'>[] {
  const { guest } = schema
  const ids = live.pausedIds()
  if (ids.length === 0) return []
  const paused = JSON.stringify(ids)
  return zone.db
    .select({ id: guest.id })
    .from(guest)
    .where(
      and(
        eq(guest.cell, cell),
        eq(guest.state, 'ready'),
        sql`${guest.id} in (select value from json_each(${paused}))`,
      ),
    )
    .all()
}

const isHeld = ({ tasks }: GuestDeps, id: string): boolean => tasks.holder(`guest:${id}`) !== undefined

interface Seen {
  repaired: string[]
  findings: string[]
}

async function keepGuest(deps: GuestDeps, id: string, seen: Seen): Promise<void> {
  const { state, reason, fullDisks } = await deps.hypervisor.stateReason(id)
  const guest = findGuest(deps.zone, id)
  if (!guest || isHeld(deps, id)) return
  if (state !== 'paused') return deps.live.set(id, state)
  const pools = reason === ioError ? poolsOf(deps, guest, fullDisks) : []
  if (pools.length === 0) {
    deps.live.setReason(id, reason)
    if (reason === ioError)
      seen.findings.push(
        `guest '${guest.name}' is paused by an error of its disk: mend its storage, then virsh resume ${id}`,
      )
    return
  }
  const lacking = await lackingRoom(deps, pools)
  deps.live.setReason(id, `storage pool '${lacking?.pool ?? pools[0]}' is full`)
  if (lacking) {
    seen.findings.push(
      `guest '${guest.name}' is paused: storage pool '${lacking.pool}' is full; it goes on by itself when ` +
        `${lacking.bytes} bytes are free there`,
    )
    return
  }
  // Since it was looked at, a task may have begun.
  if (isHeld(deps, id)) return
  await deps.hypervisor.resume(id)
  await deps.live.look(id)
  seen.repaired.push(`let guest '${guest.name}' go on, for which there is room again`)
}

/** The pools on which the disks lie that found no room. */
function poolsOf(deps: GuestDeps, guest: Guest, fullDisks: readonly string[]): string[] {
  const full = guest.disks.filter(({ index }) => fullDisks.includes(targetOf(guest, index)))
  return [...new Set(full.map(({ volume }) => readVolume(deps.zone, volume).pool))]
}

/** The first of the pools that has not enough room, even after its quarantine was purged. */
async function lackingRoom(
  deps: GuestDeps,
  pools: readonly string[],
): Promise<{ pool: string; bytes: number } | undefined> {
  for (const pool of pools) {
    const { totalBytes } = await deps.store(pool).usage()
    const bytes = Math.min(wantedBytes, Math.ceil(totalBytes * wantedShare))
    try {
      await deps.ensureRoom(pool, bytes)
    } catch (error) {
      if (hasCode(error, 'insufficient_capacity')) return { pool, bytes }
      throw error
    }
  }
  return undefined
}
