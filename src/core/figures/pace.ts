/** The most that looking may cost, as a part of one core. */
export const mostCost = 0.05
/** While somebody looks at the figures, and while nobody does. */
export const watchedMs = 2_000
export const unwatchedMs = 10_000
const usualLongestMs = 60_000
/** Where even the usual longest interval would cost more than allowed. */
const longestMs = 600_000

/** One dear look says little: the one in the middle of so many counts. */
const remembered = 5

/**
 * How long to wait between looks, so that they cost no more of a core than they may. It grows when looks
 * have become dearer and shrinks only when there is clearly room, so that it does not swing.
 */
export class Pace {
  #intervalMs = watchedMs
  readonly #costsMs: number[] = []

  /** What a look cost: time of this process and of libvirt and QEMU together. */
  record(costMs: number, watched: boolean): void {
    this.#costsMs.push(costMs)
    if (this.#costsMs.length > remembered) this.#costsMs.shift()
    this.#intervalMs = nextInterval(this.#intervalMs, this.#costMs, watched)
  }

  /** The least that may lie between two looks when somebody begins to watch. */
  get soonestMs(): number {
    return Math.min(this.#intervalMs, Math.max(watchedMs, this.#costMs / mostCost))
  }

  /** From the begin of one look to the begin of the next. */
  get intervalMs(): number {
    return this.#intervalMs
  }

  get #costMs(): number {
    const sorted = this.#costsMs.toSorted((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? 0
  }

  /** Part of a core that looking costs at the present interval. */
  get costRatio(): number {
    return this.#costMs / this.#intervalMs
  }
}

/** The interval after `presentMs` when a look costs `costMs`. */
export function nextInterval(presentMs: number, costMs: number, watched: boolean): number {
  const floor = watched ? watchedMs : unwatchedMs
  const needed = costMs / mostCost
  // Some air, so that the next growth is not the next look; but none to go beyond what is usual.
  const airy = Math.max(needed, Math.min(usualLongestMs, Math.ceil((needed * 1.2) / 1000) * 1000))
  const wanted = Math.min(longestMs, Math.max(floor, needed > floor ? airy : floor))
  if (wanted > presentMs) return needed > presentMs || floor > presentMs ? wanted : presentMs
  return needed < presentMs * 0.6 ? wanted : presentMs
}
