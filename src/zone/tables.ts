import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import * as schema from '../db/schema.ts'

/** What `zone.commit` must know of each shared table: its key, claims and references. */
export interface ZoneTable {
  table: SQLiteTable
  /** Property that holds the key. */
  key: string
  /** Sets of properties that are unique together. */
  unique: readonly (readonly string[])[]
  /** Property → table whose key it must hold when it is not null. */
  references: Readonly<Record<string, ZoneTableName>>
  /** Properties that never enter the journal, the feed or the history. */
  secret: readonly string[]
}

export type ZoneTables = typeof zoneTables
export type ZoneTableName = keyof ZoneTables & string
export type ZoneRow<T extends ZoneTableName> = ZoneTables[T]['table']['$inferSelect']

const none = { unique: [], references: {}, secret: [] } as const

export const zoneTables = {
  setting: { table: schema.setting, key: 'name', ...none },
  role: { table: schema.role, key: 'name', ...none },
  userGroup: { table: schema.userGroup, key: 'name', ...none },
  user: { table: schema.user, key: 'name', unique: [['id']], references: {}, secret: ['passwordHash'] },
  membership: {
    table: schema.membership,
    key: 'key',
    unique: [],
    references: { group: 'userGroup', user: 'user' },
    secret: [],
  },
  token: {
    table: schema.token,
    key: 'id',
    unique: [['secretHash']],
    references: { user: 'user' },
    secret: ['secretHash'],
  },
  computePool: {
    table: schema.computePool,
    key: 'name',
    unique: [],
    references: { storage: 'storagePool', network: 'addressPool' },
    secret: [],
  },
  cell: { table: schema.cell, key: 'name', unique: [], references: { pool: 'computePool' }, secret: [] },
  storagePool: { table: schema.storagePool, key: 'name', unique: [], references: {}, secret: ['secret'] },
  addressPool: {
    table: schema.addressPool,
    key: 'name',
    unique: [['network'], ['bridge']],
    references: {},
    secret: [],
  },
  addressRange: {
    table: schema.addressRange,
    key: 'key',
    unique: [],
    references: { pool: 'addressPool' },
    secret: [],
  },
  address: {
    table: schema.address,
    key: 'key',
    unique: [['mac', 'type']],
    references: { pool: 'addressPool', guest: 'guest' },
    secret: [],
  },
  image: {
    table: schema.image,
    key: 'id',
    unique: [['kind', 'group', 'name']],
    references: { group: 'userGroup', owner: 'user', volume: 'volume' },
    secret: [],
  },
  guest: {
    table: schema.guest,
    key: 'id',
    unique: [['group', 'name'], ['mac']],
    references: {
      group: 'userGroup',
      owner: 'user',
      pool: 'computePool',
      cell: 'cell',
      addressPool: 'addressPool',
      media: 'image',
      template: 'template',
      securityPolicyGroup: 'securityPolicyGroup',
    },
    secret: ['adminSecret', 'monitorSecret'],
  },
  securityPolicyGroup: {
    table: schema.securityPolicyGroup,
    key: 'id',
    unique: [['group', 'name']],
    references: { owner: 'user', group: 'userGroup' },
    secret: [],
  },
  template: { table: schema.template, key: 'id', unique: [['name']], references: {}, secret: [] },
  snapshot: {
    table: schema.snapshot,
    key: 'id',
    unique: [['guest', 'name']],
    references: { guest: 'guest' },
    secret: [],
  },
  volume: {
    table: schema.volume,
    key: 'id',
    unique: [['pool', 'name']],
    references: { pool: 'storagePool', parent: 'volume' },
    secret: [],
  },
  // Not tied to its pool: the rows of a forgotten pool go after it.
  lunClaim: {
    table: schema.lunClaim,
    key: 'key',
    unique: [['pool', 'name', 'state']],
    references: {},
    secret: [],
  },
  logEntry: { table: schema.logEntry, key: 'id', ...none },
} as const satisfies Record<string, Omit<ZoneTable, 'references'> & { references: Record<string, string> }>
