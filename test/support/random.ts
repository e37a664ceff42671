/** Mulberry32: small, and the same everywhere; a seed repeats a run. */
export function generator(start: number) {
  let state = start >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1))
  const pick = <T>(items: readonly T[]): T => items[whole(0, items.length - 1)] as T
  return { whole, pick, chance: (share: number) => random() < share }
}

export type Random = ReturnType<typeof generator>
