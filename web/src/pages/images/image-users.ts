import { ApiError } from '../../api/errors.ts'

/** Who needs an image, as the refusal to delete it names them: `guest 'platform.web-01'`. */
export function usersOf(error: unknown): string[] {
  const details = error instanceof ApiError ? error.details : undefined
  const users = (details as { users?: unknown } | null | undefined)?.users
  return Array.isArray(users) ? users.filter((user) => typeof user === 'string') : []
}

/** The full name of a guest, where the user is one. */
export const guestNameOf = (user: string): string | undefined => /^guest '(.+)'$/.exec(user)?.[1]
