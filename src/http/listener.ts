import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { CertificatePair } from './tls/certificate-source.ts'

// A body may come slowly for hours, but not stand still for this long.
const stalledBodyMs = 15 * 60_000
const firstByteMs = 10_000
const mostConnections = 4096
const tlsHandshakeByte = 0x16

const serverOptions = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 30_000,
  /** Of a whole request: none, since it would cut slow uploads. */
  requestTimeout: 0,
  keepAliveTimeout: 65_000,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  // Without it a request to upgrade to anything else (curl --http2) would find nobody to answer it.
  shouldUpgradeCallback: (request: { headers: { upgrade?: string } }) =>
    request.headers.upgrade?.toLowerCase() === 'websocket',
}

/** A server of plain HTTP. */
export const plainServer = (listener: RequestListener): Server =>
  prepared(createServer(serverOptions), watchBody(listener))

/**
 * A server of HTTPS that also understands who speaks plain HTTP to it: reading is led to the https URL, everything else
 * is refused with that URL named.
 */
export function tlsServer(pair: CertificatePair, listener: RequestListener): Server {
  const options = { ...serverOptions, ...pair, minVersion: 'TLSv1.2' as const, handshakeTimeout: 15_000 }
  const server = prepared(createTlsServer(options), watchBody(listener))
  const plain = createServer(serverOptions, leadToTls)
  const accept = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    socket.setTimeout(firstByteMs, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.removeAllListeners('timeout').setTimeout(0)
      socket.unshift(first)
      if (first[0] === tlsHandshakeByte) for (const take of accept) take.call(server, socket)
      else plain.emit('connection', socket.setTimeout(firstByteMs))
      process.nextTick(() => socket.resume())
    })
  })
  return server
}

function prepared<S extends Server>(server: S, listener: RequestListener): S {
  server.maxConnections = mostConnections
  server.on('request', listener)
  // Who asks before sending a body is answered by `inviteBody`, or by a refusal, and then need not send it.
  server.on('checkContinue', listener)
  return server
}

/** Tells a client that waits for it to send its body now. */
export function inviteBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect?.toLowerCase() === '100-continue' && !response.headersSent)
    response.writeContinue()
}

function watchBody(listener: RequestListener): RequestListener {
  return (request, response) => {
    const { socket } = request
    if (
      request.headers['content-length'] !== undefined ||
      request.headers['transfer-encoding'] !== undefined
    ) {
      socket.setTimeout(stalledBodyMs)
      request.once('end', () => socket.setTimeout(0))
    }
    listener(request, response)
  }
}

const leadToTls: RequestListener = (request, response) => {
  const host = request.headers.host ?? `${request.socket.localAddress}:${request.socket.localPort}`
  const url = URL.canParse(`https://${host}`) ? `https://${host}${request.url ?? '/'}` : undefined
  response.setHeader('Connection', 'close')
  request.resume()
  if (url !== undefined && (request.method === 'GET' || request.method === 'HEAD'))
    return void response.writeHead(307, { Location: url }).end()
  refusePlain(response, url)
}

function refusePlain(response: ServerResponse, url: string | undefined): void {
  const message = `This port speaks HTTPS: use ${url ?? 'https://'}.`
  response.writeHead(400, { 'Content-Type': 'application/json' })
  response.end(`${JSON.stringify({ error_code: 500, message, data: {}, code: 'invalid' })}\n`)
}
