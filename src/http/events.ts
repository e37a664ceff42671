import type { ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Hono } from 'hono'
import type { Principal } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import type { LiveFeed } from '../core/guests/live-feed.ts'
import type { TaskFeed } from '../core/tasks/feed.ts'
import type { ZoneEvent } from '../zone/zone.ts'
import { createVisibility, type OwnershipOf } from './event-visibility.ts'
import { liveGap, liveText, taskText } from './live-events.ts'
import { checkAccess, identify, type Resolve } from './nano/access.ts'
import { renderError } from './nano/errors.ts'
import { tableWord } from './nano/table-words.ts'
import { encode } from './nano/wire.ts'
import {
  addressOf,
  type ContextDeps,
  type HttpContext,
  type HttpEnv,
  requestIdOf,
} from './request-context.ts'

/** The part of the zone that feeds subscribers. */
export interface Feed {
  revision(): number
  subscribe(listener: (event: ZoneEvent) => void): () => void
  eventsSince(revision: number, limit: number): ZoneEvent[]
}

export interface EventsDeps extends ContextDeps {
  resolve: Resolve
  feed: Feed
  /** What runs, beside what is recorded. */
  live?: LiveFeed
  /** What tasks do. */
  tasks?: TaskFeed
  /** Owner of a changed row that does not say so itself (a snapshot's guest), for callers who see only their own. */
  ownershipOf?: OwnershipOf
}

interface Client {
  response: ServerResponse
  who: Principal
  /** Asks again who the caller is; undefined when the session has ended. */
  check(): Promise<Principal | undefined>
  /** Revision that it has been told of, so that nothing is told twice. */
  seen: number
}

const heartbeatMs = 20_000
// One page of the journal is read at once; who is further behind reads everything anew.
const mostReplayed = 500
const mostUnsentBytes = 1024 * 1024

/**
 * `GET /events`: what changed, as server-sent events named `change` with the revision as id. Rows are named, not
 * shown: who may see one fetches it. `reset` says that events are missing and everything must be fetched again. `live`
 * tells what instances do and `task` what tasks do; these are not kept, and `live_gap` says so to who comes back.
 */
export function mountEvents(app: Hono<HttpEnv>, deps: EventsDeps): void {
  const clients = new Set<Client>()
  const show = createVisibility(deps.ownershipOf)
  let stop: (() => void) | undefined
  const send = (client: Client, event: ZoneEvent) => {
    if (event.revision <= client.seen) return
    client.seen = event.revision
    write(client, changeText(event, client.who, show))
  }
  const start = () => {
    const unsubscribe = deps.feed.subscribe((event) => {
      for (const client of clients) send(client, event)
    })
    const leave = deps.live?.subscribe((event) => {
      for (const client of clients) write(client, liveText(event, client.who))
    })
    const leaveTasks = deps.tasks?.subscribe((event) => {
      for (const client of clients) write(client, taskText(event, client.who))
    })
    const timer = setInterval(() => void beat(clients), heartbeatMs)
    return () => {
      unsubscribe()
      leave?.()
      leaveTasks?.()
      clearInterval(timer)
    }
  }
  const join = (client: Client) => {
    clients.add(client)
    stop ??= start()
    client.response.once('close', () => {
      clients.delete(client)
      if (clients.size > 0) return
      stop?.()
      stop = undefined
    })
  }
  deps.stopping?.addEventListener('abort', () => {
    for (const { response } of clients) response.end()
  })
  const handle = async (c: HttpContext) => {
    try {
      const client = await open(c, deps)
      join(client)
      greet(client, lastSeen(c), { feed: deps.feed, send })
      return RESPONSE_ALREADY_SENT
    } catch (error) {
      return refuse(c, error)
    }
  }
  for (const path of ['/events', '/events/', '/api/v1/events', '/api/v1/events/']) app.get(path, handle)
}

async function open(c: HttpContext, deps: EventsDeps): Promise<Client> {
  const caller = {
    header: (name: string) => c.req.header(name),
    changes: false,
    address: addressOf(c, deps.proxies),
    // A stream is open for days, and a browser opens it anew by itself: neither says that somebody is there.
    isUse: false,
  }
  const who = await identify(caller, deps.resolve, false)
  checkAccess(who, 'session')
  const response = c.env.outgoing as ServerResponse
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  })
  response.write('retry: 2000\n\n')
  const check = () => identify(caller, deps.resolve, false).catch(() => undefined)
  return { response, who, check, seen: 0 }
}

function lastSeen(c: HttpContext): number | undefined {
  const text = c.req.header('last-event-id') ?? c.req.query('after')
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

interface Replay {
  feed: Feed
  send(client: Client, event: ZoneEvent): void
}

/** All in one turn of the event loop, so that no commit can fall between the replay and the live feed. */
function greet(client: Client, after: number | undefined, { feed, send }: Replay): void {
  const now = feed.revision()
  const missed = after === undefined || after >= now ? [] : feed.eventsSince(after, mostReplayed)
  const whole = after !== undefined && after <= now && after + missed.length === now
  if (whole) {
    for (const event of missed) send(client, event)
    write(client, liveGap)
  } else write(client, eventText(after === undefined ? 'hello' : 'reset', now, { revision: now }))
  client.seen = now
}

function changeText(event: ZoneEvent, who: Principal, show: ReturnType<typeof createVisibility>): string {
  const changes = event.changes.filter((change) => show(who, change))
  if (changes.length === 0) return ''
  return eventText('change', event.revision, {
    revision: event.revision,
    time: event.time,
    who: event.who,
    request_id: event.requestId,
    action: event.action,
    changes: changes.map(({ table, key, before, after }) => ({
      table: tableWord(table),
      key,
      kind: after === null ? 'deleted' : before === null ? 'created' : 'changed',
    })),
  })
}

const eventText = (name: string, id: number, data: object) =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** Who reads too slowly is let go; it comes back with the last id that it has seen. */
function write({ response }: Client, text: string): void {
  if (text === '' || response.writableEnded || response.destroyed) return
  if (response.writableLength > mostUnsentBytes) response.destroy()
  else response.write(text)
}

async function beat(clients: Set<Client>): Promise<void> {
  for (const client of clients) {
    const who = await client.check()
    if (who === undefined) client.response.end()
    else client.who = who
    write(client, ': still here\n\n')
  }
}

function refuse(c: HttpContext, error: unknown): Response {
  if (!(error instanceof AppError)) throw error
  const { status, headers, body } = renderError(error, requestIdOf(c), false)
  return new Response(encode(body), { status, headers: { 'Content-Type': 'application/json', ...headers } })
}
