import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { Log, OperationContext, Principal } from '../core/context.ts'

/** Bindings are absent when a test calls `app.request()` without a server. */
export type HttpEnv = { Bindings: Partial<HttpBindings> }
export type HttpContext = Context<HttpEnv>

export interface ContextDeps {
  log: Log
  /** Peers whose X-Forwarded-For is believed. */
  proxies?: BlockList
  /** Aborted when the appliance begins to stop: streams without an end then end. */
  stopping?: AbortSignal
}

const saneRequestId = /^[\w.:-]{1,64}$/

/** The caller's id where it is sane, so that one id can be followed through several programs; else a new one. */
export function requestIdOf(c: HttpContext): string {
  const given = c.req.header('x-request-id')
  return given !== undefined && saneRequestId.test(given) ? given : randomUUID()
}

/** Address of the caller; behind configured proxies the nearest one that is no proxy. Empty when unknown. */
export function addressOf(c: HttpContext, proxies: BlockList | undefined): string {
  const socket = plainAddress(c.env?.incoming?.socket.remoteAddress ?? '')
  if (proxies === undefined || !isTrusted(proxies, socket)) return socket
  const chain = (c.req.header('x-forwarded-for') ?? '').split(',').map((entry) => plainAddress(entry.trim()))
  const nearest = chain.findLast((entry) => isIP(entry) !== 0 && !isTrusted(proxies, entry))
  return nearest ?? socket
}

// An IPv4 caller on a socket that serves both families shows as ::ffff:192.0.2.1.
const plainAddress = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '')

const isTrusted = (proxies: BlockList, address: string) => {
  const family = isIP(address)
  return family !== 0 && proxies.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

export interface ContextRequest {
  requestId: string
  who: Principal
  dryRun: boolean
  waitMs: number
  ifVersions: readonly number[] | undefined
}

/** What services learn of the request. */
export function operationContext(
  c: HttpContext,
  deps: ContextDeps,
  request: ContextRequest,
): OperationContext {
  const address = addressOf(c, deps.proxies)
  return {
    ...request,
    address,
    log: deps.log.child({ request: request.requestId, who: request.who.name, address }),
    // Made when somebody asks: most handlers end before any signal could matter. It tells that the caller has gone; an
    // appliance that stops lets requests end, and cuts the connections of those that take too long.
    get signal() {
      return c.req.raw.signal
    },
  }
}

/** The raw request; without a server a stand-in that streams the same body. */
export function incomingOf(c: HttpContext): IncomingMessage {
  const incoming = c.env?.incoming
  if (incoming !== undefined) return incoming as IncomingMessage
  const request = c.req.raw
  const body = request.body === null ? Readable.from([]) : Readable.fromWeb(request.body as never)
  const url = new URL(request.url)
  return Object.assign(body, {
    method: request.method,
    url: url.pathname + url.search,
    headers: Object.fromEntries(request.headers),
  }) as unknown as IncomingMessage
}

/** Whether the caller's connection is encrypted, as far as we or a configured proxy can know. */
export function isSecure(c: HttpContext, proxies: BlockList | undefined): boolean {
  const socket = c.env?.incoming?.socket as (Socket & { encrypted?: boolean }) | undefined
  if (socket?.encrypted === true) return true
  const trusted = proxies !== undefined && isTrusted(proxies, plainAddress(socket?.remoteAddress ?? ''))
  return trusted && c.req.header('x-forwarded-proto')?.toLowerCase() === 'https'
}

/** The list that `ContextDeps.proxies` wants, of addresses. */
export function proxyList(addresses: readonly string[]): BlockList {
  const list = new BlockList()
  for (const address of addresses) list.addAddress(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return list
}
