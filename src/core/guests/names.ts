import { randomInt } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import { domainNameOf } from './rules.ts'

/**
 * Throws `conflict` (field `name`); the commit checks it again. Group and name are joined by a dot and may hold dots
 * themselves: `a` with `b.c` would be the same domain as `a.b` with `c`.
 */
export function checkNameFree({ zone }: { zone: Zone }, group: string, name: string): void {
  const twin = zone.db
    .select({ group: schema.guest.group, name: schema.guest.name })
    .from(schema.guest)
    .where(eq(sql`${schema.guest.group} || '.' || ${schema.guest.name}`, domainNameOf({ group, name })))
    .get()
  if (twin)
    throw new AppError('conflict', `a guest named '${twin.name}' exists in group '${twin.group}'`, {
      field: 'name',
    })
}

/** Ten letters and digits that are not mistaken for each other. */
export function generatePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789'
  return Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join('')
}
