import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { OperationContext } from '../../core/context.ts'
import type { Operation, OperationReply } from '../operation.ts'
import type { HttpContext } from '../request-context.ts'
import { isChange, sameOrigin, sessionCookie } from './auth.ts'
import { tagOfReply } from './match.ts'
import { encode, envelope } from './wire.ts'

/** Headers of every answer of this dialect. */
export const plainHeaders = (requestId: string) => ({
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Request-Id': requestId,
})

export interface Answered {
  operation: Operation
  reply: OperationReply
  op: OperationContext
  /** Whether the caller's connection is encrypted. */
  secure: boolean
}

/** The answer to a request that succeeded. */
export async function render(c: HttpContext, { operation, reply, op, secure }: Answered): Promise<Response> {
  const headers = new Headers({ ...plainHeaders(op.requestId), ...reply.headers })
  if (reply.session !== undefined && !isForeignPage(c))
    headers.append('Set-Cookie', sessionCookie(reply.session, secure))
  const status = reply.status ?? operation.status?.[0] ?? 200
  if (reply.stream !== undefined)
    return sendStream(c, { ...reply, stream: reply.stream, status, headers, operation, op })
  if (isTagged(operation) && !headers.has('etag')) headers.set('ETag', tagOfReply(reply))
  const tag = headers.get('etag')
  if (tag !== null && !isChange(c.req.method) && c.req.header('if-none-match') === tag)
    return new Response(null, { status: 304, headers: { ETag: tag, 'X-Request-Id': op.requestId } })
  return new Response(encode(envelope(reply.data)), { status, headers })
}

/** Readings of one thing: they have a tag, which a change of it may name. */
export const isTagged = ({ method, path, access, reply, replyType }: Operation): boolean =>
  method === 'GET' && path.includes('/:') && access !== 'guest.secret' && !!reply && !replyType

/** A foreign page may log in by a form, but its visitor's browser shall not keep that session. */
const isForeignPage = (c: HttpContext) =>
  c.req.header('origin') !== undefined && !sameOrigin((name) => c.req.header(name))

interface StreamReply {
  stream: Readable
  status: number
  headers: Headers
  operation: Operation
  op: OperationContext
}

async function sendStream(
  c: HttpContext,
  { stream, status, headers, operation, op }: StreamReply,
): Promise<Response> {
  if (operation.reply === undefined && headers.get('content-type')?.startsWith('application/json'))
    headers.set('Content-Type', operation.replyType ?? 'application/octet-stream')
  const outgoing = c.env?.outgoing
  if (c.req.method === 'HEAD') {
    stream.destroy()
    return new Response(null, { status, headers })
  }
  if (outgoing === undefined || !('flushHeaders' in outgoing))
    return new Response(Readable.toWeb(stream) as ReadableStream, { status, headers })
  // Node's own pipe: web streams would copy each chunk once more.
  outgoing.writeHead(status, [...headers].flat())
  await pipeline(stream, outgoing).catch((error: unknown) =>
    op.log.warn({ err: error }, 'a download ended before its time'),
  )
  return RESPONSE_ALREADY_SENT
}
