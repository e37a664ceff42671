import { setImmediate as turn } from 'node:timers/promises'

/** A list of any length, read page by page so that nothing else waits for it. */
export interface Listing<T> {
  /** How many match, as the first page saw it. */
  total: number
  first: readonly T[]
  /** What comes after the first page; undefined where nothing does. */
  rest: AsyncIterable<readonly T[]> | undefined
}

/** Left out: everything. */
export interface Wanted {
  limit?: number | undefined
  offset?: number | undefined
}

interface Page<K> {
  limit: number
  offset: number
  /** Only what comes after it, in the order of the list. */
  after?: K
}

interface Reading<T, K> {
  read(page: Page<K>): { items: T[]; total: number }
  keyOf(item: T): K
}

/** So many rows are read, shown and written in a few milliseconds. */
const pageSize = 100

/**
 * The first page at once, so that what refuses the list is thrown; the others when they are asked for, each after a turn of
 * the event loop. Pages go on after the last row that was read: what comes or goes meanwhile moves none of the others.
 */
export function inPages<T, K>(
  { limit = Number.POSITIVE_INFINITY, offset = 0 }: Wanted,
  { read, keyOf }: Reading<T, K>,
): Listing<T> {
  const { items: first, total } = read({ limit: Math.min(pageSize, limit), offset })
  const left = Math.min(limit, total - offset) - first.length
  return { total, first, rest: left > 0 && first.length > 0 ? following() : undefined }

  async function* following(): AsyncGenerator<readonly T[]> {
    let last = first.at(-1)
    for (let wanted = limit - first.length; wanted > 0 && last !== undefined; ) {
      await turn()
      const page = read({ limit: Math.min(pageSize, wanted), offset: 0, after: keyOf(last) }).items
      if (page.length === 0) return
      yield page
      wanted -= page.length
      last = page.at(-1)
    }
  }
}
