import { figureFields } from './figure.ts'

/** Step of the fine history. */
export const fineMs = 10_000
/** An hour, and what of the hour before its batches and its summary may still need. */
const capacity = 72 * 6

const width = figureFields.length

interface Track {
  /** All fields of a slot beside each other, since most often a slot is written; NaN where nothing is known. */
  values: Float32Array
  /** Of the slot that is being filled: sums of value times milliseconds, and the milliseconds. */
  sums: Float64Array
  weights: Float64Array
  openSlot: number
}

/** Averages over 10 s of everything that is measured, for the last hour and a little more. In memory. */
export class FineWindow {
  readonly #tracks = new Map<string, Track>()
  /** Number of the newest slot, in 10 s since 1970. */
  #newest = Number.NEGATIVE_INFINITY

  /** What was so from one moment to the other (milliseconds since 1970), in the order of `figureFields`. */
  record(name: string, fromMs: number, toMs: number, values: readonly number[]): void {
    this.#advance(Math.floor((toMs - 1) / fineMs))
    const first = Math.max(Math.floor(fromMs / fineMs), this.#newest - capacity + 1)
    const track = this.#track(name)
    for (let slot = first; slot * fineMs < toMs; slot++) {
      const weight = Math.min(toMs, (slot + 1) * fineMs) - Math.max(fromMs, slot * fineMs)
      if (weight > 0) addTo(track, slot, weight, values)
    }
  }

  /** One slot as it was stored, e.g. read again after a restart. */
  put(name: string, slot: number, values: ArrayLike<number>): void {
    this.#advance(slot)
    if (slot <= this.#newest - capacity) return
    const { values: stored } = this.#track(name)
    for (let field = 0; field < width; field++)
      stored[position(slot) * width + field] = values[field] as number
  }

  /** `count` slots of one field from `first` on; NaN where nothing is known. */
  column(name: string, field: number, first: number, count: number): Float64Array {
    const column = new Float64Array(count).fill(Number.NaN)
    const values = this.#tracks.get(name)?.values
    if (!values) return column
    for (let index = 0; index < count; index++) {
      const slot = first + index
      if (slot > this.#newest || slot <= this.#newest - capacity) continue
      column[index] = values[position(slot) * width + field] as number
    }
    return column
  }

  names(): string[] {
    return [...this.#tracks.keys()]
  }

  forget(name: string): void {
    this.#tracks.delete(name)
  }

  #track(name: string): Track {
    let track = this.#tracks.get(name)
    if (!track) {
      track = {
        values: new Float32Array(width * capacity).fill(Number.NaN),
        sums: new Float64Array(width),
        weights: new Float64Array(width),
        openSlot: Number.NaN,
      }
      this.#tracks.set(name, track)
    }
    return track
  }

  /** Slots that come into view are empty: they held what was before. A clock that was set far back begins anew. */
  #advance(slot: number): void {
    if (slot <= this.#newest - capacity) {
      for (const track of this.#tracks.values()) track.values.fill(Number.NaN)
      this.#newest = slot
    }
    if (slot <= this.#newest) return
    const first = Math.max(this.#newest + 1, slot - capacity + 1)
    for (const { values } of this.#tracks.values())
      for (let cleared = first; cleared <= slot; cleared++) {
        const begin = position(cleared) * width
        values.fill(Number.NaN, begin, begin + width)
      }
    this.#newest = slot
  }
}

const position = (slot: number) => ((slot % capacity) + capacity) % capacity

function addTo(track: Track, slot: number, weight: number, values: readonly number[]): void {
  if (track.openSlot !== slot) {
    track.openSlot = slot
    track.sums.fill(0)
    track.weights.fill(0)
  }
  for (let field = 0; field < width; field++) {
    const value = values[field] as number
    if (Number.isNaN(value)) continue
    const sum = (track.sums[field] as number) + value * weight
    const whole = (track.weights[field] as number) + weight
    track.sums[field] = sum
    track.weights[field] = whole
    track.values[position(slot) * width + field] = sum / whole
  }
}
