import type { Database, Zone, ZoneEvent } from '../../zone/zone.ts'
import type { OperationContext } from '../context.ts'
import { notFound } from '../errors.ts'
import type { Settings } from '../settings/settings.ts'
import { createDirectoryCache, readDirectory } from './directory.ts'
import { createGroups, type Groups } from './groups.ts'
import { type LogLine, withLogLines } from './log-lines.ts'
import { createLoginLimits } from './login-limits.ts'
import { createOwnershipOf } from './ownership-of-change.ts'
import { makePassword } from './passwords.ts'
import { type Ownership, requirePermission } from './permissions.ts'
import { createRoles, type Roles } from './roles.ts'
import { createSessionStore } from './session-store.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createSetup, type Setup } from './setup.ts'
import { createTokens, type Tokens } from './tokens.ts'
import { createUsers, setPassword, type UserDeps, type Users } from './users.ts'
import { createVisibilities, type Visibilities } from './visibilities.ts'

export interface Identity {
  sessions: Sessions
  users: Users
  groups: Groups
  roles: Roles
  tokens: Tokens
  visibilities: Visibilities
  setup: Setup
  resolve: Sessions['resolve']
  /** Whose a changed row is, deleted ones too, for feeds that show people their own. */
  ownershipOf(change: ZoneEvent['changes'][number]): Ownership | undefined
  /** For `nacelle user reset-password`: a random password, which is returned. Ends all sessions of the user. */
  resetPassword(op: OperationContext, name: string): Promise<string>
  /** Writes what is remembered of sessions. */
  close(): void
}

export interface IdentityDeps {
  zone: Zone
  /** Where this cell's own sessions lie; usually `zone.db`. */
  db: Database
  settings: Settings
  /** Milliseconds since 1970. */
  clock?: () => number
  /** Monotone milliseconds, for the limits of logins. */
  monotone?: () => number
  /** For what is told to operators of changes; nothing is when left out. */
  logLine?: LogLine
}

const resetLength = 16

export function createIdentity(deps: IdentityDeps): Identity {
  const { db, settings, clock = Date.now, monotone, logLine } = deps
  const zone = logLine ? withLogLines(deps.zone, logLine) : deps.zone
  const directory = createDirectoryCache(zone)
  const limits = createLoginLimits(monotone)
  const store = createSessionStore(db)
  const sessions = createSessions({ zone, settings, clock, limits, store, directory })
  const userDeps: UserDeps = { zone, settings, clock, limits, endSessions: sessions.endOf }
  return {
    sessions,
    users: createUsers(userDeps),
    groups: createGroups(zone),
    roles: createRoles(zone),
    tokens: createTokens(zone, clock),
    visibilities: createVisibilities(zone),
    setup: createSetup({ zone, settings, clock, limits }),
    resolve: sessions.resolve,
    ownershipOf: createOwnershipOf(zone),
    async resetPassword(op, name) {
      requirePermission(op, 'identity.write')
      const user = readDirectory(zone).users.get(name)
      if (!user) throw notFound('user', name)
      const password = makePassword(Math.max(resetLength, settings.get('password.min_length')))
      await setPassword(userDeps, op, { user, password })
      return password
    },
    close: () => sessions.close(),
  }
}
