import { eq, sql } from 'drizzle-orm'
import type { Quota } from '../../db/row-types.ts'
import * as schema from '../../db/schema.ts'
import type { Database } from '../../zone/zone.ts'
import { AppError, invalid } from '../errors.ts'

/** What the guests of a group have together; the disks with their full size, however thin they are. */
export interface Resources {
  cores: number
  memoryBytes: number
  diskBytes: number
  guests: number
}

/** Everything that is recorded counts, also what is being made or deleted. Snapshots and images do not. */
export function usedByGroup(db: Database, group: string): Resources {
  const { guest } = schema
  const disks = sql<number>`(select sum(json_extract(value, '$.sizeBytes')) from json_each(${guest.disks}))`
  const used = db
    .select({
      cores: sql<number>`coalesce(sum(${guest.cores}), 0)`,
      memoryBytes: sql<number>`coalesce(sum(${guest.memoryBytes}), 0)`,
      diskBytes: sql<number>`coalesce(sum(${disks}), 0)`,
      guests: sql<number>`count(*)`,
    })
    .from(guest)
    .where(eq(guest.group, group))
    .get()
  return used ?? { cores: 0, memoryBytes: 0, diskBytes: 0, guests: 0 }
}

const resources = ['guests', 'cores', 'memoryBytes', 'diskBytes'] as const

const words: Record<keyof Resources, string> = {
  guests: 'guests',
  cores: 'cores',
  memoryBytes: 'bytes of memory',
  diskBytes: 'bytes of disk',
}

export interface Asked {
  group: string
  /** How much more; what is left out, zero or less is no matter: a group above its quota can always shrink. */
  more: Partial<Resources>
  /** Which input asks for it. */
  fields: Partial<Record<keyof Resources, string>>
}

/**
 * Throws `insufficient_capacity` with the figures where the group's quota has no room. A group that is not there has none.
 * Asked when a request comes, and again where the record is changed, with no other change between the look and the commit.
 */
export function checkQuota(db: Database, { group, more, fields }: Asked): void {
  const row = db.select().from(schema.userGroup).where(eq(schema.userGroup.name, group)).get()
  const quota = row?.quota
  if (!quota) return
  const used = usedByGroup(db, group)
  for (const resource of resources) {
    const [most, asked] = [quota[resource], more[resource] ?? 0]
    if (most === null || asked <= 0 || used[resource] + asked <= most) continue
    throw new AppError(
      'insufficient_capacity',
      `the group '${group}' may have ${most} ${words[resource]} and has ${used[resource]}: ${asked} more do not fit its quota`,
      { field: fields[resource], details: { group, resource, used: used[resource], asked, quota: most } },
    )
  }
}

/** Throws `invalid` naming the part, e.g. `quota.cores`. */
export function checkQuotaRequest({ cores, memoryBytes, diskBytes, guests }: Quota): void {
  for (const [name, most] of Object.entries({ cores, memory: memoryBytes, disk: diskBytes, guests }))
    if (most !== null && (!Number.isSafeInteger(most) || most < 0))
      throw invalid(`quota.${name}`, 'must be a whole number from 0, or null for no bound')
}
