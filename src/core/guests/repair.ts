import { and, eq, sql } from 'drizzle-orm'
import * as cellSchema from '../../db/cell-schema.ts'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { createPace } from '../slices.ts'
import type { GuestDeps } from './deps.ts'
import { isRunning } from './live.ts'
import { findGuest } from './record.ts'
import { domainSpec } from './spec.ts'

export type DomainRepairDeps = GuestDeps

/**
 * Defines the domains that libvirt has lost, removes those that outlived their guest, and looks at what runs. A guest
 * that a task holds is left to the task; a domain that Nacelle never made is left alone for good.
 */
export async function repairDomains(
  deps: DomainRepairDeps,
): Promise<{ repaired: string[]; findings: string[] }> {
  const repaired: string[] = []
  const findings: string[] = []
  const domains = await deps.live.refresh()
  const known = new Map(domains.map((domain) => [domain.id, domain]))
  const guests = guestsOf(deps)
  const due = createPace()
  for (const id of guests) {
    if (known.has(id) || isHeld(deps, id)) continue
    await due()
    // Read anew: it may have been renamed or deleted while the ones before it were defined.
    const guest = findGuest(deps.zone, id)
    if (guest?.state !== 'ready') continue
    await deps.hypervisor.define(domainSpec(deps, guest))
    deps.live.set(guest.id, 'stopped')
    repaired.push(`defined the domain of guest '${guest.name}' again`)
  }
  const recorded = new Set(guests)
  for (const domain of domains) {
    if (recorded.has(domain.id)) continue
    await due()
    if (isHeld(deps, domain.id) || !wasOurs(deps.zone, domain.id)) continue
    if (isRunning(domain.state)) {
      findings.push(
        `domain '${domain.name}' still runs, but its guest was deleted: virsh destroy ${domain.id}`,
      )
      continue
    }
    await deps.hypervisor.undefine(domain.id)
    repaired.push(`removed the domain '${domain.name}', whose guest was deleted`)
  }
  return { repaired, findings }
}

const guestsOf = ({ zone, cell }: GuestDeps): string[] =>
  zone.db
    .select({ id: schema.guest.id })
    .from(schema.guest)
    .where(and(eq(schema.guest.cell, cell), eq(schema.guest.state, 'ready')))
    .all()
    .map(({ id }) => id)

const isHeld = ({ tasks }: GuestDeps, id: string): boolean => tasks.holder(`guest:${id}`) !== undefined

/** The journal remembers every guest that there ever was; the domain of one that never got ready may be anybody's. */
function wasOurs(zone: Zone, id: string): boolean {
  const { change } = cellSchema
  const { guest } = schema
  if (zone.db.select({ id: guest.id }).from(guest).where(eq(guest.id, id)).get()) return false
  return (
    zone.db
      .select({ revision: change.revision })
      .from(change)
      .where(
        and(
          eq(change.table, 'guest'),
          eq(change.key, id),
          sql`json_extract(${change.after}, '$.state') = 'ready'`,
        ),
      )
      .limit(1)
      .get() !== undefined
  )
}
