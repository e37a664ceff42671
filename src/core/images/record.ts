import { and, asc, count, eq, inArray, or, type SQL, sql } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Change, Database } from '../../zone/zone.ts'
import type { Principal } from '../context.ts'
import { invalid, notFound } from '../errors.ts'
import { groupsSharing, may } from '../identity/permissions.ts'
import { dependantsOf } from '../ledger/record.ts'
import { volumesOfImage } from './copies.ts'
import type { Image, ImageFilter, ImageKind, NewImage } from './image.ts'

/** Reads of the record that the images' services and tasks share. */

export const findImage = (db: Database, id: string): Image | undefined =>
  db.select().from(schema.image).where(eq(schema.image.id, id)).get()

/** Throws `not_found`, for an image of another kind too. */
export function readImage(db: Database, id: string, kind?: ImageKind): Image {
  const image = findImage(db, id)
  if (!image || (kind && image.kind !== kind)) throw notFound(kind ? `${kind} image` : 'image', id)
  return image
}

export interface ImagePage {
  limit: number
  offset: number
  after?: { name: string; group: string }
}

/** One page by name, and how many match; only what the principal may see. */
export function searchImages(
  db: Database,
  who: Principal,
  filter: ImageFilter,
  { limit, offset, after }: ImagePage,
): { items: Image[]; total: number } {
  const { image } = schema
  const where = and(...matching(who, filter))
  const { total } = db.select({ total: count() }).from(image).where(where).get() ?? { total: 0 }
  const beyond = after ? sql`(${image.name}, ${image.group}) > (${after.name}, ${after.group})` : undefined
  const items = db
    .select()
    .from(image)
    .where(and(where, beyond))
    .orderBy(asc(image.name), asc(image.group))
    .limit(limit)
    .offset(offset)
    .all()
  return { items, total }
}

/** The first images of a kind that hold the text in name or id, those that begin with it before the others. */
export function suggestImages(
  db: Database,
  who: Principal,
  kind: ImageKind,
  { text, limit }: { text: string; limit: number },
): Image[] {
  const { image } = schema
  const place = sql`instr(lower(${image.name}), ${text.toLowerCase()})`
  const holds = or(sql`${place} > 0`, sql`instr(${image.id}, ${text.toLowerCase()}) > 0`)
  return db
    .select()
    .from(image)
    .where(and(...matching(who, { kind }), holds))
    .orderBy(sql`${place} <> 1`, asc(image.name), asc(image.group))
    .limit(limit)
    .all()
}

function matching(who: Principal, filter: ImageFilter): SQL[] {
  const conditions: SQL[] = [eq(schema.image.kind, filter.kind)]
  if (!may(who, 'image.read'))
    conditions.push(
      or(eq(schema.image.owner, who.name), inArray(schema.image.group, groupsSharing(who, filter.kind)))!,
    )
  if (filter.group !== undefined) conditions.push(eq(schema.image.group, filter.group))
  if (filter.owner !== undefined) conditions.push(eq(schema.image.owner, filter.owner))
  const tagged = (filter.tags ?? []).map(
    (tag) => sql`exists (select 1 from json_each(${schema.image.tags}) where value = ${tag})`,
  )
  if (tagged.length > 0) conditions.push(or(...tagged)!)
  return conditions
}

/** In words who needs the image: guests that have it inserted, and what was cloned from it. */
export function usersOf(db: Database, image: Pick<Image, 'id' | 'volume'>): string[] {
  const inserted = db.select().from(schema.guest).where(eq(schema.guest.media, image.id)).limit(6).all()
  const built = volumesOfImage(db, image.id).flatMap(({ id }) => dependantsOf(db, id, { deletedToo: false }))
  return [...new Set([...inserted.map((guest) => `guest '${guest.group}.${guest.name}'`), ...built])]
}

/** Owner and group must exist; the field that does not is named. */
export function checkOwnership(db: Database, { owner, group }: { owner: string; group: string }): void {
  if (!db.select().from(schema.user).where(eq(schema.user.name, owner)).get())
    throw invalid('owner', `there is no user '${owner}'`)
  if (!db.select().from(schema.userGroup).where(eq(schema.userGroup.name, group)).get())
    throw invalid('group', `there is no group '${group}'`)
}

export const insertImage = (image: NewImage): Change<'image'> => ({
  table: 'image',
  key: image.id,
  before: null,
  after: image,
})

export function changeImage(image: Image, values: Partial<NewImage>): Change<'image'> {
  const { version, ...rest } = image
  return { table: 'image', key: image.id, before: version, after: { ...rest, ...values } }
}

export const removeImage = (image: Image): Change<'image'> => ({
  table: 'image',
  key: image.id,
  before: image.version,
  after: null,
})
