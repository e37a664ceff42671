import { and, asc, eq, gt, inArray, isNotNull, or } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Database } from '../../zone/zone.ts'
import type { OperationContext } from '../context.ts'
import { AppError, notFound } from '../errors.ts'
import { may, mayAny } from '../identity/permissions.ts'
import { inSlices } from '../slices.ts'
import type { RoutedPolicy, TrafficFilter, TrafficPolicy } from '../traffic-filters.ts'
import { effectivePolicy } from './rules.ts'
import type { PolicyGroup } from './security-policy.ts'

type Guest = typeof schema.guest.$inferSelect

export const findPolicyGroup = (db: Database, id: string): PolicyGroup | undefined =>
  db.select().from(schema.securityPolicyGroup).where(eq(schema.securityPolicyGroup.id, id)).get()

/** Those for all are seen by everybody who sees any. */
export const isVisible = (op: OperationContext, group: PolicyGroup): boolean =>
  may(op.who, 'policy.read', group) || (group.global && mayAny(op.who, 'policy.read'))

/** Throws `not_found` also for one that the caller may not see, so that ids tell nothing. */
export function readPolicyGroup(db: Database, op: OperationContext, id: string): PolicyGroup {
  const group = findPolicyGroup(db, id)
  if (!group || !isVisible(op, group)) throw notFound('security policy group', id)
  return group
}

/** Throws `not_found` with the field of a guest's request. */
export function checkUsable(db: Database, op: OperationContext, id: string): void {
  const group = findPolicyGroup(db, id)
  if (group && isVisible(op, group)) return
  throw new AppError('not_found', `there is no security policy group '${id}'`, {
    field: 'security_policy_group',
  })
}

/** What holds for a guest now. */
export const policyOf = (
  db: Database,
  guest: Pick<Guest, 'securityPolicy' | 'securityPolicyGroup'>,
): TrafficPolicy =>
  effectivePolicy(
    guest.securityPolicy,
    guest.securityPolicyGroup === null ? undefined : findPolicyGroup(db, guest.securityPolicyGroup),
  )

const plainPools = (db: Database) =>
  db
    .select({ name: schema.computePool.name })
    .from(schema.computePool)
    .where(eq(schema.computePool.networkMode, 'plain'))

/**
 * What the cards of all guests of a cell must be held to; on the LAN there are cards without an address of ours. Guests that
 * are being deleted keep theirs to the end. What is committed while this reads may be in it or not.
 */
export async function wantedFilters(db: Database, cell: string): Promise<TrafficFilter[]> {
  const { id, mac, address, addressPool, pool, securityPolicy, securityPolicyGroup } = schema.guest
  const columns = { id, mac, address, securityPolicy, securityPolicyGroup }
  const withCards = or(isNotNull(addressPool), inArray(pool, plainPools(db)))
  const read = (after: string, limit: number) =>
    db
      .select(columns)
      .from(schema.guest)
      .where(and(eq(schema.guest.cell, cell), withCards, gt(id, after)))
      .orderBy(asc(id))
      .limit(limit)
      .all()
  const filters: TrafficFilter[] = []
  for await (const guests of inSlices(({ id }) => id, read)) {
    const groups = new Map(
      db
        .select()
        .from(schema.securityPolicyGroup)
        .all()
        .map((group) => [group.id, group]),
    )
    for (const guest of guests)
      filters.push({
        id: guest.id,
        mac: guest.mac.toLowerCase(),
        address: guest.address,
        policy: effectivePolicy(guest.securityPolicy, groups.get(guest.securityPolicyGroup ?? '')),
      })
  }
  return filters
}

/** The same for what is routed to them; guests whose address nobody knows cannot be told in it. */
export const routedPolicies = (filters: readonly TrafficFilter[]): RoutedPolicy[] =>
  filters.flatMap(({ id, address, policy }) => (address === null ? [] : [{ id, address, policy }]))
