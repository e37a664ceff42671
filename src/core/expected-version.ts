import { AppError } from './errors.ts'

/** Said by a caller (operation context), and kept in the parameters of its task: the versions of which it means one. */
export interface Expecting {
  ifVersions?: readonly number[] | undefined
}

/**
 * Throws `precondition_failed` where the caller means another version of the row. A task asks again in its reserving step,
 * under its locks: in the line for them the row may have changed.
 */
export function requireVersion({ version }: { version: number }, { ifVersions }: Expecting): void {
  if (ifVersions === undefined || ifVersions.includes(version)) return
  const wanted = ifVersions.map((one) => `"${one}"`).join(', ') || 'what was asked for'
  throw new AppError(
    'precondition_failed',
    `this was changed meanwhile: its version is "${version}", not ${wanted}. Read it again.`,
  )
}
