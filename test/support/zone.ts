import { createLocalZone } from '../../src/zone/local-zone.ts'
import type { Change, CommitInfo, Zone } from '../../src/zone/zone.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'

export interface TestZone extends TestDatabase {
  zone: Zone
  /** What `zone` takes for the time; tests move it. */
  time: { now: number }
}

/** A zone on a fresh database file, with a clock that stands still until the test moves it. */
export function openTestZone(): TestZone {
  const database = openTestDatabase()
  const time = { now: Date.UTC(2026, 0, 1) }
  const zone = createLocalZone({ ...database, clock: () => time.now })
  return { ...database, zone, time }
}

export const testCommit: CommitInfo = { who: 'tester', requestId: 'test', action: 'test' }

export const roleChange = (
  name: string,
  before: number | null = null,
  menu: string[] = [],
): Change<'role'> => ({
  table: 'role',
  key: name,
  before,
  after: { name, menu, permissions: [] },
})

export const groupChange = (name: string, before: number | null = null): Change<'userGroup'> => ({
  table: 'userGroup',
  key: name,
  before,
  after: { name, display: name, roles: [], quota: null, sharing: null },
})

export const userChange = (name: string, before: number | null = null): Change<'user'> => ({
  table: 'user',
  key: name,
  before,
  after: { name, id: `id-${name}`, nick: '', mail: '', passwordHash: `hash-of-${name}`, createdAt: 0 },
})

export const imageChange = (id: string, name: string, before: number | null = null): Change<'image'> => ({
  table: 'image',
  key: id,
  before,
  after: {
    id,
    kind: 'disk',
    name,
    group: 'manager',
    owner: 'admin',
    description: '',
    tags: [],
    state: 'empty',
    volume: null,
    format: null,
    sizeBytes: 0,
    virtualSizeBytes: 0,
    sha256: null,
    createdAt: 0,
    modifiedAt: 0,
  },
})
