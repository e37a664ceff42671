import { setImmediate as turn } from 'node:timers/promises'

// Passes over everything that there is must not keep requests waiting: they work for a few milliseconds at a time.

const sliceMs = 5
const pageRows = 500

/** To be awaited after each of many small steps of a pass: lets everything else have its turn when that is due. */
export function createPace(): () => Promise<void> | undefined {
  let begunAt = performance.now()
  const pause = async () => {
    await turn()
    begunAt = performance.now()
  }
  return () => (performance.now() - begunAt < sliceMs ? undefined : pause())
}

/**
 * Rows of any number, page by page with a turn of the event loop between. `read` gives up to `limit` rows whose keys come
 * after `after`, in the order of the keys; what comes or goes meanwhile moves none of the others.
 */
export async function* inSlices<T>(
  keyOf: (row: T) => string,
  read: (after: string, limit: number) => T[],
): AsyncGenerator<T[]> {
  for (let after = ''; ; ) {
    const rows = read(after, pageRows)
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (rows.length < pageRows || last === undefined) return
    after = keyOf(last)
    await turn()
  }
}
