import type { Clash, Wanted } from './locks.ts'

/** A task that waits for its locks and holds none. */
export interface Waiting {
  id: string
  wanted: Wanted
  since: number
}

/**
 * Who waits for locks, first come first served. Nobody overtakes another whose locks it would clash with, so a queued
 * exclusive one is not starved by shared ones that come later; what does not clash goes past.
 */
export class LockQueue<W extends Waiting> {
  #line: W[] = []

  add(waiting: W): void {
    this.#line.push(waiting)
  }

  remove(waiting: W): boolean {
    const before = this.#line.length
    this.#line = this.#line.filter((other) => other !== waiting)
    return this.#line.length < before
  }

  find = (id: string): W | undefined => this.#line.find((waiting) => waiting.id === id)

  all = (): readonly W[] => this.#line

  /** The first in line that a newcomer (or `self`, who is in the line) with these locks has to stand behind. */
  clash(wanted: Wanted, self?: W): Clash | undefined {
    for (const waiting of this.#line) {
      if (waiting === self) return undefined
      const subject = clashingSubject(waiting.wanted, wanted)
      if (subject !== undefined) return { subject, task: waiting.id, since: waiting.since }
    }
    return undefined
  }

  /** Takes out, in order, all that `isFree` (of held locks) lets go; `grant` takes their locks before the next is asked. */
  pump(isFree: (wanted: Wanted) => boolean, grant: (waiting: W) => void): void {
    const ahead = new Ahead()
    for (const waiting of [...this.#line]) {
      if (ahead.blocks(waiting.wanted) || !isFree(waiting.wanted)) ahead.add(waiting.wanted)
      else if (this.remove(waiting)) grant(waiting)
    }
  }
}

/** The locks that those further ahead in the line still wait for. */
class Ahead {
  readonly #shared = new Set<string>()
  readonly #exclusive = new Set<string>()

  add({ shared, exclusive }: Wanted): void {
    for (const subject of shared) this.#shared.add(subject)
    for (const subject of exclusive) this.#exclusive.add(subject)
  }

  blocks = ({ shared, exclusive }: Wanted): boolean =>
    shared.some((subject) => this.#exclusive.has(subject)) ||
    exclusive.some((subject) => this.#exclusive.has(subject) || this.#shared.has(subject))
}

const clashingSubject = (held: Wanted, wanted: Wanted): string | undefined =>
  wanted.exclusive.find((subject) => held.exclusive.includes(subject) || held.shared.includes(subject)) ??
  wanted.shared.find((subject) => held.exclusive.includes(subject))
