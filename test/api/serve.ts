// Routes of a few operations without a server, for the tests of who writes them.
import { Hono } from 'hono'
import type { Log, Principal } from '../../src/core/context.ts'
import { mountNano, type NanoDeps } from '../../src/http/nano/mount.ts'
import type { Operation } from '../../src/http/operation.ts'
import type { HttpEnv } from '../../src/http/request-context.ts'

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  // An internal error in a route's test is always a surprise: show it.
  error: (fields, message) => console.error(message, fields),
  child: () => silentLog,
}

/** A principal with these permissions; by default it may do everything. */
export const principal = (
  name = 'admin',
  permissions: readonly string[] = ['*'],
  groups = ['manager'],
): Principal => ({
  name,
  kind: 'user',
  groups,
  permissions: new Set(permissions),
})

export interface ServeOptions {
  /** Who every request without `Authorization: nobody` comes from; default: an administrator. */
  principal?: Principal
  /** Further principals by token. */
  tokens?: Record<string, Principal>
  deps?: Partial<NanoDeps>
}

export interface Answer {
  status: number
  headers: Headers
  /** Of a success. */
  data: unknown
  /** The whole body: the envelope, or text where it is no JSON. */
  body: Record<string, unknown>
}

/**
 * `request('POST', '/guests/', {name: 'a'}, {headers})` answers status, headers, envelope and payload. A body that is a
 * string or bytes goes as it is; anything else as JSON. Without an Authorization header the principal is meant;
 * `{ anonymous: true }` sends none.
 */
export function serveOperations(operations: readonly Operation[], options: ServeOptions = {}) {
  const main = options.principal ?? principal()
  const app = new Hono<HttpEnv>()
  mountNano(app, operations, {
    log: silentLog,
    resolve: (credential) => (credential === 'main' ? main : options.tokens?.[credential]),
    ...options.deps,
  })
  const request = async (method: string, path: string, body?: unknown, init: RequestOptions = {}) => {
    const headers = new Headers(init.headers)
    if (!init.anonymous && !['authorization', 'nano-session', 'cookie'].some((name) => headers.has(name)))
      headers.set('authorization', `Bearer ${init.as ?? 'main'}`)
    return read(await app.request(path, { method, headers, body: encodeBody(body) }))
  }
  return { app, request }
}

export interface RequestOptions {
  headers?: Record<string, string>
  /** Token of `options.tokens`. */
  as?: string
  anonymous?: boolean
}

const encodeBody = (body: unknown) =>
  body === undefined || typeof body === 'string' || body instanceof Uint8Array
    ? (body as string)
    : JSON.stringify(body)

async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : { text }
  return { status: response.status, headers: response.headers, data: body['data'], body }
}
