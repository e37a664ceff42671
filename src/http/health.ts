import type { Log } from '../core/context.ts'

/** What `/healthz` says. */
export const alive = 'alive\n'

/** Throws when what it looks at does not work. */
export type Check = () => unknown

export interface Readiness {
  ready: boolean
  /** Why one fails stands in the log only: whoever asks needs no credential. */
  checks: Record<string, 'ok' | 'failing'>
}

const limitMs = 2000
const validMs = 1000

/** Looks at all checks, each with a time limit; asked often, it answers what it found within the last second. */
export function createReadiness(checks: Record<string, Check>, log: Log): () => Promise<Readiness> {
  let current: Promise<Readiness> | undefined
  let validUntil = 0
  return () => {
    if (current === undefined || performance.now() > validUntil) {
      validUntil = performance.now() + validMs
      current = look(checks, log)
    }
    return current
  }
}

async function look(checks: Record<string, Check>, log: Log): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await withLimit(check)
        return [name, 'ok'] as const
      } catch (error) {
        log.warn({ err: error, check: name }, 'not ready')
        return [name, 'failing'] as const
      }
    }),
  )
  return { ready: results.every(([, state]) => state === 'ok'), checks: Object.fromEntries(results) }
}

async function withLimit(check: Check): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs)
  })
  await Promise.race([Promise.resolve().then(check), late]).finally(() => clearTimeout(timer))
}
