import type { ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Hono } from 'hono'
import type { OperationContext } from '../../core/context.ts'
import { AppError } from '../../core/errors.ts'
import { inviteBody } from '../listener.ts'
import type { Operation, OperationRequest } from '../operation.ts'
import { unknownPath, wrongMethod } from '../refusal.ts'
import {
  addressOf,
  type ContextDeps,
  type HttpContext,
  type HttpEnv,
  incomingOf,
  isSecure,
  operationContext,
  requestIdOf,
} from '../request-context.ts'
import { createRouter, type Match, type Router } from '../router.ts'
import { checkAccess, identify, type Resolve } from './access.ts'
import { isChange } from './auth.ts'
import { httpStatus, renderError } from './errors.ts'
import { bodyOf, checked, readQuery } from './input.ts'
import { checkMatch, ifVersionsOf } from './match.ts'
import { isTagged, plainHeaders, render } from './render.ts'
import { encode } from './wire.ts'

export interface NanoDeps extends ContextDeps {
  resolve: Resolve
  /** Told of each answered operation, for metrics. */
  observe?(observation: Observation): void
}

export interface Observation {
  method: string
  /** E.g. `/guests/:id`. */
  pattern: string
  status: number
  seconds: number
  requestId: string
  path: string
  /** Name of the caller, where one was found. */
  who?: string
}

const prefix = '/api/v1'

/**
 * Serves every operation below `/api/v1` and at the root, with and without trailing slash. What no operation claims
 * goes on to the app's other routes at the root, and is answered 404 below the prefix.
 */
export function mountNano(app: Hono<HttpEnv>, operations: readonly Operation[], deps: NanoDeps): void {
  const router = createRouter(operations)
  app.use('*', async (c, next) => {
    const started = performance.now()
    const requestId = requestIdOf(c)
    const path = new URL(c.req.url).pathname
    const base = path === prefix || path.startsWith(`${prefix}/`) ? prefix : ''
    const rest = path.slice(base.length) || '/'
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
    const match = router.match(method, rest)
    if (match === undefined && base === '' && router.allowed(rest).length === 0) return next()
    const call: Call = { deps, router, match, requestId, base, rest }
    const response = await answer(c, call)
    deps.observe?.({
      method: c.req.method,
      pattern: match?.pattern ?? 'none',
      status: response === RESPONSE_ALREADY_SENT ? (c.env.outgoing?.statusCode ?? 0) : response.status,
      seconds: (performance.now() - started) / 1000,
      requestId,
      path: loggable(base + rest),
      who: call.who,
    })
    return response
  })
}

/** Clients of the original renew a session by its secret in the path, which no log may keep. */
const loggable = (path: string) => path.replace(/(\/sessions\/)[^/]+/, '$1…')

interface Call {
  deps: NanoDeps
  router: Router
  match: Match | undefined
  requestId: string
  base: string
  rest: string
  who?: string
}

async function answer(c: HttpContext, call: Call): Promise<Response> {
  try {
    if (call.match === undefined) return withoutOperation(c, call)
    return await perform(c, call, call.match)
  } catch (error) {
    logFailure(c, call, error)
    const { status, headers, body } = renderError(error, call.requestId, isLegacy(c))
    return new Response(encode(body), { status, headers: { ...plainHeaders(call.requestId), ...headers } })
  }
}

/** Internal errors, and causes that the caller is not shown; not what fails because the caller has gone. */
function logFailure(c: HttpContext, { deps, requestId, base, rest, who }: Call, error: unknown): void {
  const fields = { err: error, request: requestId, path: loggable(base + rest), who }
  if (c.req.raw.signal.aborted) deps.log.debug(fields, 'a request was given up by its caller')
  else if (!(error instanceof AppError)) deps.log.error(fields, 'a request failed')
  else if (error.cause !== undefined && httpStatus(error) >= 500)
    deps.log.warn(fields, 'a request was refused')
}

/** Clients of the original read errors only from bodies of status 200; they are known by this header. */
const isLegacy = (c: HttpContext) => c.req.header('nano-session') !== undefined

function withoutOperation(c: HttpContext, { router, base, rest, requestId }: Call): Response {
  const allowed = router.allowed(rest)
  if (allowed.length === 0) throw unknownPath(c.req.method, base + rest)
  if (c.req.method !== 'OPTIONS') throw wrongMethod(c.req.method, base + rest, allowed)
  return new Response(null, {
    status: 204,
    headers: { Allow: allowed.join(', '), 'X-Request-Id': requestId },
  })
}

async function perform(c: HttpContext, call: Call, match: Match): Promise<Response> {
  const { operation } = match
  const header = (name: string) => c.req.header(name)
  const caller = { header, changes: isChange(c.req.method), address: addressOf(c, call.deps.proxies) }
  const who = await identify(caller, call.deps.resolve, operation.access === 'public')
  call.who = who.name
  checkAccess(who, operation.access)
  const { query, dryRun, waitMs } = readQuery(c, operation)
  const ifVersions = isChange(c.req.method) ? ifVersionsOf(header('if-match')) : undefined
  const asking = { requestId: call.requestId, who, dryRun, waitMs, ifVersions }
  const op = operationContext(c, call.deps, asking)
  const params = (await checked(operation.params, match.params, 'path')) as Record<string, string>
  const asked = (await checked(operation.query, query, 'query')) as Record<string, unknown>
  const incoming = incomingOf(c)
  if (c.env?.outgoing !== undefined) inviteBody(incoming, c.env.outgoing as ServerResponse)
  const body = await bodyOf(incoming, operation)
  const request: OperationRequest = { params, query: asked, body, header, incoming, base: call.base }
  if (isChange(c.req.method)) await checkState(call, op, request)
  const reply = await operation.handle(op, request)
  return render(c, { operation, reply, op, secure: isSecure(c, call.deps.proxies) })
}

/** `If-Match` means what a reading of the same path answers; secrets, and bytes, have no such tag. */
async function checkState(
  { router, rest }: Call,
  op: OperationContext,
  request: OperationRequest,
): Promise<void> {
  const reading = router.match('GET', rest)?.operation
  if (reading === undefined || !isTagged(reading)) return
  await checkMatch(request.header('if-match'), () => {
    checkAccess(op.who, reading.access)
    return reading.handle(op, { ...request, query: {}, body: undefined })
  })
}
