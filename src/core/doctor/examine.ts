import { AppError } from '../errors.ts'
import { type Finding, seeAll, unknown, type Verdict } from './finding.ts'

export interface Check {
  id: string
  title: string
  look(signal: AbortSignal): Promise<Verdict>
}

interface CheckSpec<Facts> {
  id: string
  title: string
  /** Sees the host; its errors become an unknown finding. */
  gather(signal: AbortSignal): Promise<Facts>
  judge(facts: Facts): Verdict
}

export const check = <Facts>({ id, title, gather, judge }: CheckSpec<Facts>): Check => ({
  id,
  title,
  look: async (signal) => judge(await gather(signal)),
})

/** Runs all checks side by side, each with a deadline of its own; never rejects. In the order of the checks. */
export const examine = (checks: readonly Check[], deadlineMs: number): Promise<Finding[]> =>
  Promise.all(
    checks.map(async (one) => ({ id: one.id, title: one.title, ...(await within(one, deadlineMs)) })),
  )

async function within(one: Check, deadlineMs: number): Promise<Verdict> {
  const abort = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Verdict>((resolve) => {
    const words = `no answer within ${deadlineMs / 1000} s`
    timer = setTimeout(() => {
      resolve(unknown(words))
      abort.abort(new Error(words))
    }, deadlineMs)
  })
  // A look that throws before its first await is caught as well.
  const look = Promise.resolve(abort.signal).then(one.look).catch(whyNot)
  try {
    return await Promise.race([look, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Why a look failed: what this user may not see, a tool that is missing, or the error's own words. */
export function whyNot(error: unknown): Verdict {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (code === 'EACCES' || code === 'EPERM') return unknown('only root can see this', seeAll)
  const message = error instanceof Error ? error.message : String(error)
  const debian = error instanceof AppError ? error.details?.['package'] : undefined
  if (typeof debian !== 'string') return unknown(`could not be looked at: ${message}`)
  return unknown(message.replace(/; mend it with.*/, ''), `apt-get install ${debian}`)
}
