/** Bytes a second over the last few seconds. */
export class UploadRate {
  #samples: { at: number; bytes: number }[] = []

  /** Bytes that were sent in all, at a time in milliseconds. */
  add(at: number, bytes: number): void {
    this.#samples = [...this.#samples.filter((sample) => at - sample.at < windowMs), { at, bytes }]
  }

  get bytesPerSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (!first || !last || last.at - first.at < leastMs) return undefined
    return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.at - first.at))
  }

  clear(): void {
    this.#samples = []
  }
}

const windowMs = 5000
const leastMs = 500
