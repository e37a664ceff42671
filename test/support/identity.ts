import type { Log, OperationContext, Principal } from '../../src/core/context.ts'
import { anonymousPrincipal, systemPrincipal } from '../../src/core/context.ts'
import { createIdentity, type Identity } from '../../src/core/identity/identity.ts'
import { createSettings, type Settings } from '../../src/core/settings/settings.ts'
import { openTestZone, type TestZone } from './zone.ts'

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
}

/** The context of a call by this principal; by the appliance itself when left out. */
export const testContext = (
  who: Principal = systemPrincipal,
  more: Partial<OperationContext> = {},
): OperationContext => ({
  who,
  requestId: 'test',
  signal: new AbortController().signal,
  log: silentLog,
  dryRun: false,
  waitMs: 0,
  address: '192.0.2.7',
  ...more,
})

export interface TestIdentity extends TestZone {
  settings: Settings
  identity: Identity
  /** Seconds that the clocks have moved on. */
  pass(seconds: number): void
  /** Logs in and gives the context of what the user then does. */
  as(user: string): Promise<OperationContext>
  system: OperationContext
  anonymous: OperationContext
}

export const testPassword = 'correct horse'

/** A zone with the first roles and the administrator `admin`; every user's password is `testPassword`. */
export async function openTestIdentity(): Promise<TestIdentity> {
  const test = openTestZone()
  let monotone = 0
  const settings = createSettings(test)
  const clock = () => test.time.now
  const identity = createIdentity({ ...test, settings, clock, monotone: () => monotone })
  const system = testContext()
  await identity.setup.prepare(system)
  await identity.setup.makeAdministrator(system, { user: 'admin', password: testPassword })
  return {
    ...test,
    settings,
    identity,
    system,
    anonymous: testContext(anonymousPrincipal),
    pass(seconds) {
      test.time.now += seconds * 1000
      monotone += seconds * 1000
    },
    async as(user) {
      const login = { user, password: testPassword, kind: 'test' }
      const { secret } = await identity.sessions.login(testContext(anonymousPrincipal), login)
      return testContext(identity.resolve(secret))
    },
    close() {
      identity.close()
      test.close()
    },
  }
}
