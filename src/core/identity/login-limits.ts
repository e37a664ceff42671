import { AppError } from '../errors.ts'

/**
 * Slows guessing: after some failures each further attempt has to wait, twice as long each time. An attempt counts from
 * its beginning, so that many at once are no way round.
 */
export interface LoginLimits {
  /** Throws when the user or the address has to wait. Call the returned function when the login was right. */
  begin(user: string, address: string): () => void
}

interface Rule {
  /** So many failures cost nothing. */
  free: number
  maxDelayMs: number
}

// A short limit for users, so that a stranger cannot lock somebody out for long; a long one for addresses.
const rules = {
  user: { free: 5, maxDelayMs: 60_000 },
  address: { free: 20, maxDelayMs: 900_000 },
} satisfies Record<string, Rule>
const forgetAfterMs = 3_600_000
const maxEntries = 10_000

interface Entry {
  failures: number
  /** Monotone milliseconds. */
  lastAt: number
}

export function createLoginLimits(monotone: () => number = () => performance.now()): LoginLimits {
  const entries = new Map<string, Entry>()
  const waitMs = (kind: keyof typeof rules, name: string): number => {
    const entry = entries.get(`${kind}:${name}`)
    const { free, maxDelayMs } = rules[kind]
    if (!entry || entry.failures < free) return 0
    const delay = Math.min(1000 * 2 ** (entry.failures - free), maxDelayMs)
    return Math.max(0, entry.lastAt + delay - monotone())
  }
  const count = (key: string) => {
    const failures = (entries.get(key)?.failures ?? 0) + 1
    // Set anew, so that the map stays ordered by time.
    entries.delete(key)
    entries.set(key, { failures, lastAt: monotone() })
  }
  const forgetOld = () => {
    for (const [key, entry] of entries) {
      if (monotone() - entry.lastAt < forgetAfterMs && entries.size <= maxEntries) return
      entries.delete(key)
    }
  }
  return {
    begin(user, address) {
      forgetOld()
      refuse(`'${user.slice(0, 64)}'`, waitMs('user', user))
      if (address) refuse(`the address ${address}`, waitMs('address', address))
      count(`user:${user}`)
      if (address) count(`address:${address}`)
      return () => {
        entries.delete(`user:${user}`)
        const entry = entries.get(`address:${address}`)
        // Only this attempt is taken back: one right password must not clear the guesses at others.
        if (entry) entry.failures--
      }
    },
  }
}

function refuse(whom: string, waitMs: number): void {
  if (waitMs <= 0) return
  const retryAfterSeconds = Math.ceil(waitMs / 1000)
  throw new AppError(
    'unauthenticated',
    `too many failed logins for ${whom}: try again in ${retryAfterSeconds} s`,
    { details: { retryAfterSeconds } },
  )
}
