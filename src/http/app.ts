import { Hono } from 'hono'
import type { Log } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { version } from '../packaging/version.ts'
import { mountAssets } from './assets.ts'
import { type EventsDeps, mountEvents } from './events.ts'
import { alive, type Check, createReadiness } from './health.ts'
import type { Metrics } from './metrics.ts'
import { checkAccess, identify } from './nano/access.ts'
import { renderError } from './nano/errors.ts'
import { mountNano, type NanoDeps, type Observation } from './nano/mount.ts'
import { encode } from './nano/wire.ts'
import { openapiDocument } from './openapi/document.ts'
import type { Operation } from './operation.ts'
import { unknownPath } from './refusal.ts'
import { addressOf, type HttpContext, type HttpEnv, requestIdOf } from './request-context.ts'

export interface AppDeps extends Omit<NanoDeps, 'observe'>, EventsDeps {
  operations: readonly Operation[]
  metrics: Metrics
  /** What must work before the server calls itself ready, by name: database, hypervisor, resume … */
  checks: Record<string, Check>
}

/** Everything that the server answers, as one fetch handler. */
export function createApp(deps: AppDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  mountProbes(app, deps)
  mountDocument(app, deps.operations)
  mountEvents(app, deps)
  mountAssets(app)
  app.get('/', (c) => (wantsPage(c) ? c.redirect('/ui/', 302) : c.json(signpost)))
  const observe = (observation: Observation) => {
    deps.metrics.observe(observation)
    logRequest(deps.log, observation)
  }
  mountNano(app, deps.operations, { ...deps, observe })
  app.notFound((c) => failure(c, unknownPath(c.req.method, new URL(c.req.url).pathname)))
  app.onError((error, c) => {
    if (!(error instanceof AppError)) deps.log.error({ err: error, path: c.req.path }, 'a request failed')
    return failure(c, error)
  })
  return app
}

const signpost = {
  name: 'nacelle',
  version: version.version,
  api: '/api/v1',
  document: '/api-docs',
  ui: '/ui/',
}

const wantsPage = (c: HttpContext) => (c.req.header('accept') ?? '').includes('text/html')

function failure(c: HttpContext, error: unknown): Response {
  const requestId = requestIdOf(c)
  const { status, headers, body } = renderError(error, requestId, false)
  const always = { 'Content-Type': 'application/json; charset=utf-8', 'X-Request-Id': requestId }
  return new Response(encode(body), { status, headers: { ...always, ...headers } })
}

/** Changes are worth a line, readings only when one looks closer. */
function logRequest(log: Log, { requestId, method, path, status, seconds, who }: Observation): void {
  const fields = { request: requestId, method, path, status, ms: Math.round(seconds * 1000), who }
  if (method === 'GET' || method === 'HEAD') log.debug(fields, 'answered')
  else log.info(fields, 'answered')
}

function mountProbes(app: Hono<HttpEnv>, deps: AppDeps): void {
  const readiness = createReadiness(deps.checks, deps.log)
  app.get('/healthz', (c) => c.text(alive))
  app.get('/readyz', async (c) => {
    const found = await readiness()
    const stopping = deps.stopping?.aborted === true
    return c.json(stopping ? { ...found, ready: false } : found, found.ready && !stopping ? 200 : 503)
  })
  app.get('/metrics', async (c) => {
    if (!isThisHost(c)) {
      const header = (name: string) => c.req.header(name)
      const caller = { header, changes: false, address: addressOf(c, deps.proxies) }
      checkAccess(await identify(caller, deps.resolve, false), 'system.read')
    }
    const { registry } = deps.metrics
    return c.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType })
  })
}

/** A proxy on this host carries strangers' requests, and says so. */
function isThisHost(c: HttpContext): boolean {
  const peer = c.env.incoming?.socket.remoteAddress ?? ''
  const forwarded = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some((name) => c.req.header(name))
  return !forwarded && /^(127\.|::1$|::ffff:127\.)/.test(peer)
}

function mountDocument(app: Hono<HttpEnv>, operations: readonly Operation[]): void {
  let text: string | undefined
  app.on('GET', ['/api-docs', '/api-docs/'], (c) => {
    text ??= encode(openapiDocument(operations, { version: version.version }))
    return c.body(text, 200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-cache',
    })
  })
}
