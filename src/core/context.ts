/** What every service function knows of its caller; always the first parameter. */
export interface OperationContext {
  who: Principal
  requestId: string
  /** Aborted when the caller has gone or the appliance stops. */
  signal: AbortSignal
  log: Log
  /** Only describe what would be done; nothing may change. */
  dryRun: boolean
  /** How long a task may queue for its locks before `busy` is answered; 0 answers at once. */
  waitMs: number
  /**
   * The versions of the thing of which the caller means one (`If-Match`); left out, any will do. What changes it refuses
   * others: expected-version.ts.
   */
  ifVersions?: readonly number[]
  /** Address of the caller as far as it is known, e.g. for login limits and the log. */
  address: string
}

export interface Principal {
  /** User name; `system` for the appliance itself, `anonymous` for nobody. */
  name: string
  kind: 'user' | 'token' | 'system' | 'anonymous'
  /** Names of the groups that the user is in. */
  groups: readonly string[]
  /** What members of those groups keep to themselves, `<group>/<guest | disk | media>`; none when left out. */
  withheld?: ReadonlySet<string>
  /** See core/identity/permissions.ts, e.g. `guest.write`, `guest.write.own`, `*`. */
  permissions: ReadonlySet<string>
  /** Public id of the session, where there is one. */
  session?: string
}

/** The subset of pino that core uses. */
export interface Log {
  debug(fields: object, message?: string): void
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
  child(fields: object): Log
}

export const systemPrincipal: Principal = {
  name: 'system',
  kind: 'system',
  groups: [],
  permissions: new Set(['*']),
}

export const anonymousPrincipal: Principal = {
  name: 'anonymous',
  kind: 'anonymous',
  groups: [],
  permissions: new Set(),
}

/** The context of what the appliance does by itself (start-up, reconcilers, tasks that resume). */
export const systemContext = (
  log: Log,
  signal: AbortSignal = new AbortController().signal,
): OperationContext => ({
  who: systemPrincipal,
  requestId: 'system',
  signal,
  log,
  dryRun: false,
  waitMs: 0,
  address: '',
})
