import { and, eq, lte, ne, sql } from 'drizzle-orm'
import * as cellSchema from '../../db/cell-schema.ts'
import type { Database } from '../../zone/zone.ts'

export type SessionRow = typeof cellSchema.session.$inferSelect

/** So often at most is a session's renewal by use written. */
const writeEveryMs = 60_000

/** Sessions are this cell's own and change too often for the journal: plain rows, with renewals written in batches. */
export interface SessionStore {
  add(row: SessionRow): void
  bySecret(secretHash: string, now: number): SessionRow | undefined
  byId(id: string, now: number): SessionRow | undefined
  /** Those that have not expired, oldest first. */
  list(now: number): SessionRow[]
  /** Remembers a later end, and writes it within a minute. */
  extend(id: string, expiresAt: number): void
  remove(id: string): void
  removeOf(user: string, except?: string): void
  /** Deletes what has expired. */
  sweep(now: number): void
  /** Writes what is remembered and stops. */
  close(): void
}

export function createSessionStore(db: Database): SessionStore {
  const { session } = cellSchema
  // Asked with each request, so built once.
  const byHash = db
    .select()
    .from(session)
    .where(eq(session.secretHash, sql.placeholder('hash')))
    .prepare()
  const pending = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (pending.size === 0) return
    db.transaction((tx) => {
      for (const [id, expiresAt] of pending)
        tx.update(session).set({ expiresAt }).where(eq(session.id, id)).run()
    })
    pending.clear()
  }
  const current = (row: SessionRow | undefined, now: number): SessionRow | undefined => {
    if (!row) return undefined
    const expiresAt = pending.get(row.id) ?? row.expiresAt
    return expiresAt > now ? { ...row, expiresAt } : undefined
  }
  return {
    add: (row) => void db.insert(session).values(row).run(),
    bySecret: (hash, now) => current(byHash.get({ hash }), now),
    byId: (id, now) => current(db.select().from(session).where(eq(session.id, id)).get(), now),
    list: (now) =>
      db
        .select()
        .from(session)
        .orderBy(session.createdAt, session.id)
        .all()
        .flatMap((row) => current(row, now) ?? []),
    extend(id, expiresAt) {
      pending.set(id, expiresAt)
      timer ??= setTimeout(flush, writeEveryMs).unref()
    },
    remove(id) {
      pending.delete(id)
      db.delete(session).where(eq(session.id, id)).run()
    },
    removeOf(user, except) {
      const others = except === undefined ? undefined : ne(session.id, except)
      db.delete(session)
        .where(and(eq(session.user, user), others))
        .run()
    },
    sweep(now) {
      flush()
      const some = db
        .select({ id: session.id })
        .from(session)
        .where(lte(session.expiresAt, now))
        .limit(1)
        .get()
      if (some) db.delete(session).where(lte(session.expiresAt, now)).run()
    },
    close: flush,
  }
}
