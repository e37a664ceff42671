import { createHash } from 'node:crypto'

/** What the first revision stands on. */
export const genesisHash = '0'.repeat(64)

export interface RevisionRow {
  revision: number
  time: number
  who: string
  requestId: string
  action: string
  previousHash: string
  hash: string
}

export interface ChangeRow {
  revision: number
  seq: number
  table: string
  key: string
  before: number | null
  /** The row as JSON text, exactly as it is stored. */
  after: string | null
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}

/** SHA-256 over the previous hash and everything that the journal keeps of a revision, as it lies in the tables. */
export function hashRevision(row: Omit<RevisionRow, 'hash'>, changes: readonly ChangeRow[]): string {
  const text = JSON.stringify([
    row.previousHash,
    row.revision,
    row.time,
    row.who,
    row.requestId,
    row.action,
    changes.map((change) => [change.seq, change.table, change.key, change.before, change.after]),
  ])
  return createHash('sha256').update(text).digest('hex')
}
