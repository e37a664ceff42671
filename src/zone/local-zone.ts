import type { Database as Sqlite } from 'better-sqlite3'
import { AppError } from '../core/errors.ts'
import { isDiskFull, type MakeRoom, writeInRoom } from '../db/full-disk.ts'
import { type ChangeRow, canonicalJson } from './chain.ts'
import { checkRules, checkVersion } from './checks.ts'
import { type JournalHead, type JournalStore, openJournalStore, toEvent } from './journal-store.ts'
import { openRowStores, type Row, type RowStore, withoutSecrets } from './rows.ts'
import { type ZoneTableName, zoneTables } from './tables.ts'
import type { Change, CommitInfo, CommitResult, Database, Zone, ZoneEvent } from './zone.ts'

export const maxRows = 40
export const maxBytes = 512 * 1024

/** So many waiting commits share one transaction, and thereby one sync of the disk, at most. */
const maxGroup = 64

export interface LocalZoneOptions {
  sqlite: Sqlite
  db: Database
  /** Milliseconds since 1970. */
  clock?: () => number
  log?: { error(fields: object, message?: string): void }
  /** Asked where the disk is full; then the commit is tried once more. */
  makeRoom?: MakeRoom
}

/** The zone of a single cell: each commit is an SQLite transaction, those that wait together share one. */
export const createLocalZone = (options: LocalZoneOptions): Zone => new LocalZone(options)

interface Waiting {
  info: CommitInfo
  changes: readonly Change[]
  resolve(result: CommitResult): void
  reject(error: unknown): void
}

type Outcome = { event: ZoneEvent } | { error: unknown } | { dryRun: CommitResult }

/** Thrown to take back what a dry run wrote. */
class DryRun {
  readonly result: CommitResult

  constructor(result: CommitResult) {
    this.result = result
  }
}

class LocalZone implements Zone {
  readonly db: Database
  readonly #sqlite: Sqlite
  readonly #clock: () => number
  readonly #log: LocalZoneOptions['log']
  readonly #makeRoom: MakeRoom | undefined
  readonly #stores: (table: ZoneTableName) => RowStore
  readonly #journal: JournalStore
  readonly #listeners = new Set<(event: ZoneEvent) => void>()
  #waiting: Waiting[] = []
  #applied: number

  constructor(options: LocalZoneOptions) {
    this.db = options.db
    this.#sqlite = options.sqlite
    this.#clock = options.clock ?? Date.now
    this.#log = options.log
    this.#makeRoom = options.makeRoom
    this.#stores = openRowStores(options.sqlite)
    this.#journal = openJournalStore(options.sqlite)
    this.#applied = this.#journal.head().revision
  }

  revision(): number {
    return this.#applied
  }

  subscribe(listener: (event: ZoneEvent) => void): () => void {
    // A wrapper of its own, so that one function subscribed twice is two subscriptions.
    const own = (event: ZoneEvent) => listener(event)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  eventsSince(revision: number, limit: number): ZoneEvent[] {
    return this.#journal.page(revision, limit).map(({ row, changes }) => toEvent(row, changes))
  }

  async commit(info: CommitInfo, changes: readonly Change[]): Promise<CommitResult> {
    if (this.#sqlite.inTransaction) throw new Error(`zone.commit inside a transaction: ${info.action}`)
    checkShape(info, changes)
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush())
      this.#waiting.push({ info, changes, resolve, reject })
    })
  }

  #flush(): void {
    const group = this.#waiting.splice(0, maxGroup)
    if (this.#waiting.length > 0) setImmediate(() => this.#flush())
    let outcomes: Outcome[]
    let missed: ZoneEvent[]
    try {
      ;({ outcomes, missed } = writeInRoom(() => this.#write(group), this.#makeRoom))
    } catch (error) {
      for (const each of group) each.reject(fromSqlite(error))
      return
    }
    for (const event of missed) this.#publish(event)
    for (const [index, outcome] of outcomes.entries()) this.#settle(group[index]!, outcome)
  }

  #settle(waiting: Waiting, outcome: Outcome): void {
    if ('error' in outcome) {
      waiting.reject(outcome.error)
    } else if ('dryRun' in outcome) {
      waiting.resolve(outcome.dryRun)
    } else {
      this.#publish(outcome.event)
      waiting.resolve({ revision: outcome.event.revision })
    }
  }

  /** Throws only when the whole transaction failed. */
  #write(group: readonly Waiting[]): { outcomes: Outcome[]; missed: ZoneEvent[] } {
    const write = this.#sqlite.transaction(() => {
      let head = this.#journal.head()
      // Another process (a command of the CLI) may have committed since.
      const missed =
        head.revision > this.#applied ? this.eventsSince(this.#applied, head.revision - this.#applied) : []
      const outcomes = group.map((each): Outcome => {
        try {
          const done = this.#sqlite.transaction(() => this.#apply(each, head))()
          head = done.head
          return { event: done.event }
        } catch (error) {
          if (error instanceof DryRun) return { dryRun: error.result }
          // A full disk is one for all, and may have ended the outer transaction too.
          if (isDiskFull(error) || !this.#sqlite.inTransaction) throw error
          return { error: fromSqlite(error) }
        }
      })
      return { outcomes, missed }
    })
    return write.immediate()
  }

  #apply({ info, changes }: Waiting, before: JournalHead): { event: ZoneEvent; head: JournalHead } {
    const revision = before.revision + 1
    const { who, requestId, action } = info
    // Time never runs backwards in the journal, so that the state at a second is one revision's.
    const row = { revision, time: Math.max(this.#clock(), before.time), who, requestId, action }
    for (const change of changes) checkVersion(this.#stores(change.table), change)
    const journalled = changes.map((change, seq) => this.#put(change, revision, seq))
    for (const change of changes) checkRules(this.#stores, change)
    if (info.dryRun) throw new DryRun({ revision })
    return { event: toEvent(row, journalled), head: this.#journal.append(row, before, journalled) }
  }

  #put({ table, key, before, after }: Change, revision: number, seq: number): ChangeRow {
    const entry = { revision, seq, table, key, before }
    if (after === null) {
      this.#stores(table).remove(key)
      return { ...entry, after: null }
    }
    const row: Row = { ...after, version: revision }
    this.#stores(table).put(row)
    return { ...entry, after: canonicalJson(withoutSecrets(table, row)) }
  }

  #publish(event: ZoneEvent): void {
    this.#applied = event.revision
    for (const listener of [...this.#listeners]) {
      try {
        listener(event)
      } catch (error) {
        this.#log?.error({ err: error, revision: event.revision }, 'a subscriber of the change feed failed')
      }
    }
  }
}

/** Mistakes of the calling code, and data too big, found before anything is queued. */
function checkShape(info: CommitInfo, changes: readonly Change[]): void {
  const wrong = (message: string) => new Error(`${info.action}: ${message}`)
  if (changes.length === 0) throw wrong('a commit needs at least one change')
  if (changes.length > maxRows) throw wrong(`a commit holds at most ${maxRows} rows, not ${changes.length}`)
  const seen = new Set<string>()
  for (const { table, key, before, after } of changes) {
    const place = `${table} '${key}'`
    if (seen.has(place)) throw wrong(`${place} is in the commit twice`)
    seen.add(place)
    if (before === null && after === null) throw wrong(`${place} is neither read nor written`)
    if (after !== null && (after as Row)[zoneTables[table].key] !== key)
      throw wrong(`the row of ${place} has another key`)
  }
  const bytes = Buffer.byteLength(JSON.stringify(changes))
  if (bytes > maxBytes)
    throw new AppError(
      'invalid',
      `too much data for one change: ${bytes} bytes, at most ${maxBytes} are kept`,
    )
}

function fromSqlite(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code.startsWith('SQLITE_BUSY'))
    return new AppError('unavailable', 'another process holds the state database: try again', {
      cause: error,
    })
  if (isDiskFull(error))
    return new AppError('unavailable', 'the disk of the state database is full: free space on it', {
      cause: error,
    })
  return error
}
