import { existsSync, renameSync, rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import Sqlite from 'better-sqlite3'
import type { FigureArchive, NamedBlock } from '../core/figures/archive.ts'
import { type OpenOptions, restrict } from './connect.ts'

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

/**
 * History of figures. A file of its own, so that the copy of the record before an upgrade is small, and damage costs
 * nothing but charts. `fine` has all names of a batch in one compressed row; `coarse` a row for each name and hour,
 * stored by hour: what is written together lies together, and a name's month is one look-up an hour.
 */
const layout = `
  CREATE TABLE IF NOT EXISTS name (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    gone INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE IF NOT EXISTS fine (start INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS coarse (
    hour INTEGER NOT NULL,
    name INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (hour, name)
  ) STRICT, WITHOUT ROWID;
`
/** Of this layout; a file of another one is put aside. */
const layoutVersion = 1

/** Look-ups in one go, before others have their turn. */
const hoursAtOnce = 48

export interface FigureFile extends FigureArchive {
  /** Why what was there could not be used; it lies beside it with the ending `.damaged`. */
  damage: string | undefined
}

/** Opens or makes the file, readable by the owner only. Blocking: meant for start-up. */
export function openFigureFile(path: string, options: OpenOptions = {}): FigureFile {
  try {
    return figureFile(open(path, options), undefined)
  } catch (error) {
    if (!existsSync(path)) throw error
    rmSync(`${path}-journal`, { force: true })
    renameSync(path, `${path}.damaged`)
    return figureFile(open(path, options), (error as Error).message)
  }
}

function open(path: string, { nativeBinding }: OpenOptions): Sqlite.Database {
  restrict(path)
  const sqlite = new Sqlite(path, nativeBinding ? { nativeBinding: nativeBinding as never } : {})
  try {
    sqlite.pragma('busy_timeout = 5000')
    // Not WAL, which writes everything twice: here nearly every page that is written is new, and needs no journal.
    sqlite.pragma('journal_mode = TRUNCATE')
    sqlite.pragma('synchronous = NORMAL')
    const version = sqlite.pragma('user_version', { simple: true })
    if (version !== 0 && version !== layoutVersion)
      throw new Error(`its layout is number ${version}, this program knows ${layoutVersion}`)
    sqlite.exec(layout)
    sqlite.pragma(`user_version = ${layoutVersion}`)
    return sqlite
  } catch (error) {
    sqlite.close()
    throw error
  }
}

interface NameRow {
  id: number
  name: string
}

function figureFile(sqlite: Sqlite.Database, damage: string | undefined): FigureFile {
  const ids = new Map<string, number>()
  const names = new Map<number, string>()
  const known = sqlite.prepare<[], NameRow>('SELECT id, name FROM name WHERE gone = 0').all()
  for (const { id, name } of known) {
    ids.set(name, id)
    names.set(id, name)
  }
  const insertName = sqlite.prepare('INSERT INTO name (name) VALUES (?)')
  const idOf = (name: string): number => {
    const found = ids.get(name)
    if (found !== undefined) return found
    const id = Number(insertName.run(name).lastInsertRowid)
    ids.set(name, id)
    names.set(id, name)
    return id
  }
  const sweeper = createSweeper(sqlite)
  return {
    damage,
    names: () => [...ids.keys()],
    ...fineRows(sqlite, idOf, names),
    ...coarseRows(sqlite, idOf, ids),
    forget(name) {
      const id = ids.get(name)
      if (id === undefined) return
      ids.delete(name)
      names.delete(id)
      // Its old name may come again before all of it is swept.
      sqlite.prepare(`UPDATE name SET gone = 1, name = 'gone ' || id WHERE id = ?`).run(id)
      sweeper.begin()
    },
    close() {
      sweeper.stop()
      if (sqlite.open) sqlite.close()
    },
  }
}

type FineRows = Pick<FigureArchive, 'writeFine' | 'fineStarts' | 'readFine'>

function fineRows(
  sqlite: Sqlite.Database,
  idOf: (name: string) => number,
  names: ReadonlyMap<number, string>,
): FineRows {
  const write = sqlite.prepare('INSERT OR REPLACE INTO fine (start, data) VALUES (?, ?)')
  const drop = sqlite.prepare('DELETE FROM fine WHERE start < ?')
  const replace = sqlite.transaction((startMs: number, data: Buffer, keptMs: number) => {
    drop.run(keptMs)
    write.run(startMs, data)
  })
  return {
    async writeFine(startMs, blocks, keptMs) {
      const withIds = sqlite.transaction(() => blocks.map(({ name, block }) => ({ id: idOf(name), block })))()
      const data = await deflate(pack(withIds))
      if (sqlite.open) replace(startMs, data, keptMs)
    },
    fineStarts: () =>
      sqlite
        .prepare<[], { start: number }>('SELECT start FROM fine ORDER BY start')
        .all()
        .map((row) => row.start),
    async readFine(startMs) {
      const row = sqlite
        .prepare<[number], { data: Buffer }>('SELECT data FROM fine WHERE start = ?')
        .get(startMs)
      if (!row) return []
      return unpack(await inflate(row.data)).flatMap(({ id, block }) => {
        const name = names.get(id)
        return name === undefined ? [] : [{ name, block }]
      })
    },
  }
}

type CoarseRows = Pick<FigureArchive, 'writeCoarse' | 'readCoarse' | 'hasCoarse' | 'dropCoarse'>

function coarseRows(
  sqlite: Sqlite.Database,
  idOf: (name: string) => number,
  ids: ReadonlyMap<string, number>,
): CoarseRows {
  const write = sqlite.prepare('INSERT OR REPLACE INTO coarse (hour, name, data) VALUES (?, ?, ?)')
  const read = sqlite.prepare<[number, number], { data: Buffer }>(
    'SELECT data FROM coarse WHERE hour = ? AND name = ?',
  )
  const drop = sqlite.prepare('DELETE FROM coarse WHERE hour < ?')
  const writeAll = sqlite.transaction((hour: number, blocks: readonly NamedBlock[]) => {
    for (const { name, block } of blocks) write.run(hour, idOf(name), block)
  })
  return {
    async writeCoarse(hour, blocks) {
      writeAll(hour, blocks)
    },
    async readCoarse(name, firstHour, lastHour) {
      const found: { hour: number; block: Uint8Array }[] = []
      for (let hour = firstHour; hour <= lastHour; hour++) {
        const id = ids.get(name)
        if (id === undefined || !sqlite.open) return []
        const row = read.get(hour, id)
        if (row) found.push({ hour, block: row.data })
        if ((hour - firstHour) % hoursAtOnce === hoursAtOnce - 1) await turn()
      }
      return found
    },
    hasCoarse: (hour) =>
      sqlite.prepare('SELECT 1 FROM coarse WHERE hour = ? LIMIT 1').get(hour) !== undefined,
    dropCoarse: (beforeHour) => void drop.run(beforeHour),
  }
}

/** Takes away the bytes of names that are gone, some hours at a time; several that go together are swept together. */
function createSweeper(sqlite: Sqlite.Database): { begin(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const sweepHours = sqlite.prepare(
    'DELETE FROM coarse WHERE hour BETWEEN ? AND ? AND name IN (SELECT id FROM name WHERE gone = 1 AND id <= ?)',
  )
  const sweep = async () => {
    const range = sqlite
      .prepare('SELECT min(hour) AS first, max(hour) AS last FROM coarse')
      .get() as HourRange
    const { last: newest } = sqlite.prepare('SELECT max(id) AS last FROM name').get() as { last: number }
    for (let hour = range.first ?? 0; hour <= (range.last ?? -1); hour += hoursAtOnce) {
      if (!sqlite.open) return
      sweepHours.run(hour, hour + hoursAtOnce - 1, newest)
      await turn()
    }
    if (sqlite.open) sqlite.prepare('DELETE FROM name WHERE gone = 1 AND id <= ?').run(newest)
  }
  const begin = () => {
    // What a failure leaves goes with the next one, or by age.
    timer ??= setTimeout(() => {
      timer = undefined
      sweep().catch(() => undefined)
    }, sweepDelayMs).unref()
  }
  if (sqlite.prepare('SELECT 1 FROM name WHERE gone = 1 LIMIT 1').get()) begin()
  return { begin, stop: () => clearTimeout(timer) }
}

interface HourRange {
  first: number | null
  last: number | null
}

const sweepDelayMs = 5_000

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

interface IdBlock {
  id: number
  block: Uint8Array
}

/** Id and length as 32 bits each, then the block. */
function pack(blocks: readonly IdBlock[]): Buffer {
  const header = 8
  const packed = Buffer.alloc(blocks.reduce((sum, { block }) => sum + header + block.length, 0))
  let at = 0
  for (const { id, block } of blocks) {
    packed.writeUInt32LE(id, at)
    packed.writeUInt32LE(block.length, at + 4)
    packed.set(block, at + header)
    at += header + block.length
  }
  return packed
}

function unpack(packed: Buffer): IdBlock[] {
  const blocks: IdBlock[] = []
  for (let at = 0; at < packed.length; ) {
    const length = packed.readUInt32LE(at + 4)
    blocks.push({ id: packed.readUInt32LE(at), block: packed.subarray(at + 8, at + 8 + length) })
    at += 8 + length
  }
  return blocks
}
