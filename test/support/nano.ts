import { Hono } from 'hono'
import { createJournal } from '../../src/core/journal/journal.ts'
import { createLogs } from '../../src/core/logs/logs.ts'
import { journalOperations } from '../../src/http/nano/journal.ts'
import { logOperations } from '../../src/http/nano/logs.ts'
import { mountNano, type Observation } from '../../src/http/nano/mount.ts'
import { roleOperations } from '../../src/http/nano/roles.ts'
import { sessionOperations } from '../../src/http/nano/sessions.ts'
import { settingOperations } from '../../src/http/nano/settings.ts'
import { systemOperations } from '../../src/http/nano/system.ts'
import { tokenOperations } from '../../src/http/nano/tokens.ts'
import { userGroupOperations } from '../../src/http/nano/user-groups.ts'
import { userOperations } from '../../src/http/nano/users.ts'
import type { Operation } from '../../src/http/operation.ts'
import type { HttpEnv } from '../../src/http/request-context.ts'
import { openTestIdentity, silentLog, type TestIdentity, testPassword } from './identity.ts'

export interface Answer {
  status: number
  headers: Headers
  data: unknown
  message: string
  code?: string
  field?: string
}

export type Caller = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>

export interface TestNano extends TestIdentity {
  operations: Operation[]
  app: Hono<HttpEnv>
  /** What the server told of its answers, for logs and metrics. */
  observed: Observation[]
  /** Calls with this credential, or none. */
  caller(credential?: string): Caller
  /** Logs in through the API. */
  login(user: string): Promise<Caller>
}

/** The identity part of the Nano dialect on a real database, without a socket. */
export async function openTestNano(): Promise<TestNano> {
  const test = await openTestIdentity()
  const clock = () => test.time.now
  const operations = [
    ...systemOperations({
      setup: test.identity.setup,
      settings: test.settings,
      facts: { known: () => undefined },
      stateDisk: { refusal: () => undefined },
    }),
    ...sessionOperations(test.identity),
    ...userOperations(test.identity),
    ...userGroupOperations(test.identity),
    ...roleOperations(test.identity),
    ...tokenOperations(test.identity),
    ...settingOperations(test),
    ...logOperations({ logs: createLogs({ zone: test.zone, clock }) }),
    ...journalOperations({ journal: createJournal(test) }),
  ]
  const app = new Hono<HttpEnv>()
  const observed: Observation[] = []
  const observe = (observation: Observation) => void observed.push(observation)
  mountNano(app, operations, { log: silentLog, resolve: test.identity.resolve, observe })
  const caller = (credential?: string): Caller => callerOf(app, credential)
  const login = async (user: string) => {
    const answer = await caller()('POST', '/api/v1/sessions/', { user, password: testPassword })
    return caller((answer.data as { session: string }).session)
  }
  return { ...test, operations, app, observed, caller, login }
}

const callerOf =
  (app: Hono<HttpEnv>, credential: string | undefined): Caller =>
  async (method, path, body, headers = {}) => {
    const authorization = credential === undefined ? {} : { authorization: `Bearer ${credential}` }
    const response = await app.request(path, {
      method,
      headers: { ...authorization, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const parsed = text === '' ? {} : (JSON.parse(text) as Partial<Answer>)
    return { data: undefined, message: '', ...parsed, status: response.status, headers: response.headers }
  }
