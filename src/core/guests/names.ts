import { randomInt } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'

/** Throws `conflict` (field `name`); the commit checks it again. */
export function checkNameFree({ zone }: { zone: Zone }, group: string, name: string): void {
  const twin = zone.db
    .select({ id: schema.guest.id })
    .from(schema.guest)
    .where(and(eq(schema.guest.group, group), eq(schema.guest.name, name)))
    .get()
  if (twin)
    throw new AppError('conflict', `a guest named '${name}' exists in group '${group}'`, { field: 'name' })
}

/** Ten letters and digits that are not mistaken for each other. */
export function generatePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789'
  return Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join('')
}
