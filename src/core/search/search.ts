import { and, asc, desc, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { task } from '../../db/cell-schema.ts'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import type { OperationContext } from '../context.ts'
import { invalid } from '../errors.ts'
import { suggestGuests } from '../guests/find.ts'
import type { LiveGuests } from '../guests/live.ts'
import { may, mayAny } from '../identity/permissions.ts'
import type { ImageKind } from '../images/image.ts'
import { suggestImages } from '../images/record.ts'

/** In the order of the answer. */
export const foundKinds = [
  'guest',
  'disk_image',
  'media_image',
  'storage_pool',
  'address_pool',
  'compute_pool',
  'user',
  'task',
] as const

export interface Found {
  kind: (typeof foundKinds)[number]
  /** By which it is read: id of a guest, image or task, name of the others. */
  id: string
  name: string
  /** What tells it from others of its name, e.g. the address of a guest. */
  detail: string
}

export interface SearchQuestion {
  text: string
  /** Of each kind. */
  limit: number
}

export interface Search {
  /** What the caller may mean, of what it may read. Throws `invalid` for an empty text. */
  find(op: OperationContext, question: SearchQuestion): Found[]
}

interface SearchDeps {
  zone: Zone
  live: LiveGuests
}

type Finder = (deps: SearchDeps, op: OperationContext, question: SearchQuestion) => Found[]

const longestText = 128

/** One look for each kind: at the guests in memory, else at one table. */
export const createSearch = (deps: SearchDeps): Search => ({
  find(op, question) {
    const text = question.text.trim()
    if (text === '' || text.length > longestText)
      throw invalid('q', `q must have 1 to ${longestText} characters that are no spaces`)
    return finders.flatMap((find) => find(deps, op, { ...question, text }))
  },
})

const guests: Finder = (deps, op, { text, limit }) => {
  if (!mayAny(op.who, 'guest.read')) return []
  return suggestGuests(deps, op, text, limit).map(({ id, group, name, address, mac, cell }) => ({
    ...{ kind: 'guest', id, name: `${group}.${name}` },
    detail: [address ?? mac, cell].filter(Boolean).join(' · '),
  }))
}

const images =
  (kind: ImageKind): Finder =>
  ({ zone }, { who }, question) => {
    if (!mayAny(who, 'image.read')) return []
    return suggestImages(zone.db, who, kind, question).map(({ id, name, group, description }) => ({
      ...{ kind: `${kind}_image`, id, name },
      detail: [group, description].filter(Boolean).join(' · '),
    }))
  }

const storagePools: Finder = ({ zone }, { who }, { text, limit }) => {
  if (!may(who, 'storage.read')) return []
  const { storagePool } = schema
  const rows = zone.db
    .select()
    .from(storagePool)
    .where(holds(text, storagePool.name, storagePool.target))
  return rows
    .orderBy(...beginningFirst(text, storagePool.name))
    .limit(limit)
    .all()
    .map(({ name, type, target }) => ({
      kind: 'storage_pool',
      id: name,
      name,
      detail: `${type} · ${target}`,
    }))
}

const addressPools: Finder = ({ zone }, { who }, { text, limit }) => {
  if (!may(who, 'network.read')) return []
  const { addressPool } = schema
  const rows = zone.db
    .select()
    .from(addressPool)
    .where(holds(text, addressPool.name, addressPool.gateway))
  return rows
    .orderBy(...beginningFirst(text, addressPool.name))
    .limit(limit)
    .all()
    .map(({ name, gateway }) => ({ kind: 'address_pool', id: name, name, detail: gateway }))
}

const computePools: Finder = ({ zone }, { who }, { text, limit }) => {
  if (!may(who, 'compute.read')) return []
  const { computePool } = schema
  const rows = zone.db.select().from(computePool).where(holds(text, computePool.name))
  return rows
    .orderBy(...beginningFirst(text, computePool.name))
    .limit(limit)
    .all()
    .map(({ name, storage, network }) => ({
      ...{ kind: 'compute_pool', id: name, name },
      detail: [storage, network].filter(Boolean).join(' · '),
    }))
}

const users: Finder = ({ zone }, { who }, { text, limit }) => {
  if (!may(who, 'identity.read')) return []
  const { user } = schema
  const columns = { name: user.name, nick: user.nick, mail: user.mail }
  const rows = zone.db
    .select(columns)
    .from(user)
    .where(holds(text, user.name, user.nick, user.mail))
  return rows
    .orderBy(...beginningFirst(text, user.name))
    .limit(limit)
    .all()
    .map(({ name, nick, mail }) => ({
      ...{ kind: 'user', id: name, name },
      detail: [nick, mail].filter(Boolean).join(' · '),
    }))
}

/** By the beginning of the id, as people copy it from a log; by the index of the key. */
const tasks: Finder = ({ zone }, { who }, { text, limit }) => {
  if (!/^[0-9a-f-]{4,36}$/i.test(text) || !mayAny(who, 'task.read')) return []
  const from = text.toLowerCase()
  const own = may(who, 'task.read') ? undefined : sql`${task.who} = ${who.name}`
  const rows = zone.db
    .select()
    .from(task)
    .where(and(gte(task.id, from), lt(task.id, `${from}g`), own))
  return rows
    .orderBy(desc(task.createdAt))
    .limit(limit)
    .all()
    .map(({ id, title, state, step }) => ({
      ...{ kind: 'task', id, name: title },
      detail: [state, step].filter(Boolean).join(' · '),
    }))
}

const finders: readonly Finder[] = [
  guests,
  images('disk'),
  images('media'),
  storagePools,
  addressPools,
  computePools,
  users,
  tasks,
]

const placeOf = (text: string, column: SQLiteColumn): SQL =>
  sql`instr(lower(${column}), ${text.toLowerCase()})`

const holds = (text: string, ...columns: SQLiteColumn[]): SQL =>
  sql`(${sql.join(
    columns.map((column) => sql`${placeOf(text, column)} > 0`),
    sql` or `,
  )})`

const beginningFirst = (text: string, name: SQLiteColumn): SQL[] => [
  sql`${placeOf(text, name)} <> 1`,
  asc(name),
]
