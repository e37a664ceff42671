import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Log } from '../core/context.ts'
import { plainServer, tlsServer } from './listener.ts'
import { setSecurityHeaders } from './security-headers.ts'
import type { CertificateSource } from './tls/certificate-source.ts'

export interface ServerOptions {
  respond: RequestListener
  host: string
  /** 0 takes any free one. */
  port: number
  /** None: plain HTTP. */
  certificate?: CertificateSource
  sockets?: Sockets
  log: Log
  /** Aborted by `close`, so that event streams end. */
  stopping: AbortController
}

/** Who takes websockets. */
export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Says goodbye to all that are open. */
  close(): void
}

export interface RunningServer {
  /** E.g. `https://127.0.0.1:5870`. */
  url: string
  port: number
  /** Takes no more connections, lets requests finish within the limit, then cuts what is left. */
  close(limitMs: number): Promise<void>
}

/** Listens; resolves when it does, rejects when it cannot (port taken, no such address). */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = createNodeServer(options)
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  if (options.sockets !== undefined) server.on('upgrade', options.sockets.upgrade)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', (error) => options.log.error({ err: error }, 'the listening socket failed'))
  const { address, port, family } = server.address() as AddressInfo
  const scheme = options.certificate === undefined ? 'http' : 'https'
  return {
    url: `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    port,
    close: (limitMs) => drain({ server, open }, options, limitMs),
  }
}

function createNodeServer(options: ServerOptions): Server {
  const { respond, certificate, stopping } = options
  const strictTransport = certificate?.given === true
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    setSecurityHeaders(response, request.url ?? '', strictTransport)
    if (stopping.signal.aborted) response.setHeader('Connection', 'close')
    respond(request, response)
  }
  if (certificate === undefined) return plainServer(listener)
  const server = tlsServer(certificate.current(), listener) as TlsServer
  certificate.onChange((pair) => {
    server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' })
    options.log.info({}, 'a new TLS certificate is in use')
  })
  return server
}

interface Draining {
  server: Server
  /** Also those that are websockets or have not said anything yet; the server itself forgets them. */
  open: ReadonlySet<Socket>
}

function drain({ server, open }: Draining, options: ServerOptions, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    // Connections that finish their request stay open for a next one, so idle ones are closed again and again.
    const idle = setInterval(() => server.closeIdleConnections(), 100)
    const limit = setTimeout(() => {
      for (const socket of open) socket.destroy()
    }, limitMs)
    server.close(() => {
      clearInterval(idle)
      clearTimeout(limit)
      resolve()
    })
    options.sockets?.close()
    options.stopping.abort(new Error('the appliance stops'))
  })
}
