export interface Remembered<T> {
  /** What the last look found, after at most `waitMs` where there was none yet; undefined where nothing is known. */
  get(waitMs: number): Promise<T | undefined>
}

/**
 * The last result of a look that takes long: it is answered at once, however old, and made anew behind the back of who
 * asks when it is older than `maxAgeMs`. A look that fails is another look's turn.
 */
export function remembered<T>(look: () => Promise<T>, maxAgeMs: number): Remembered<T> {
  let known: T | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined
  const refresh = (): Promise<void> => {
    running ??= look()
      .then(
        (found) => {
          known = found
        },
        () => undefined,
      )
      .finally(() => {
        lookedAt = performance.now()
        running = undefined
      })
    return running
  }
  return {
    async get(waitMs) {
      const looking = performance.now() - lookedAt > maxAgeMs ? refresh() : running
      if (known === undefined && looking !== undefined) await atMost(waitMs, looking)
      return known
    },
  }
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const timer = Promise.withResolvers<void>()
  const handle = setTimeout(timer.resolve, ms)
  await Promise.race([work, timer.promise])
  clearTimeout(handle)
}
