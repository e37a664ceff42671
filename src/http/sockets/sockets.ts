import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Log } from '../../core/context.ts'
import { AppError } from '../../core/errors.ts'
import type { DisplayAddress, Terminal } from '../../core/hypervisor.ts'
import { sameOrigin } from '../nano/auth.ts'
import type { Sockets } from '../server.ts'
import { bridgeStream } from './bridge.ts'
import { closeCode, closeForError, closeWith } from './close-codes.ts'
import { bridgeTerminal, terminalSize } from './serial.ts'

export interface SocketsDeps {
  /** What a one-shot id leads to; throws `not_found` when it is unknown, used or expired. */
  consume(id: string): Promise<ConsoleTarget> | ConsoleTarget
  log: Log
}

export type ConsoleTarget =
  | { kind: 'vnc'; display: DisplayAddress }
  | { kind: 'serial'; open(size: { columns: number; rows: number }): Promise<Terminal> }

const pingMs = 30_000
const farewellMs = 2000
const mostMessageBytes = 1024 * 1024
const mostOpen = 512
const channelPath = /^(?:\/api\/v1)?\/monitor_channels\/([\w-]{1,128})\/?$/

/**
 * The websockets of consoles, at `/monitor_channels/<id>` of both bases. The id is the credential; a browser must come
 * from a page of this server.
 */
export function createSockets(deps: SocketsDeps): Sockets {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: mostMessageBytes,
    handleProtocols: (offered) => (offered.has('binary') ? 'binary' : false),
  })
  const stopPings = pingAll(server.clients)
  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy())
      const url = new URL(request.url ?? '/', 'http://host')
      const id = channelPath.exec(url.pathname)?.[1]
      if (id === undefined) return refuse(socket, 404)
      if (!isOwnPage(request)) return refuse(socket, 403)
      if (server.clients.size >= mostOpen) return refuse(socket, 503)
      server.handleUpgrade(request, socket, head, (ws) => {
        void join({ ws, wire: socket, id, query: url.searchParams }, deps)
      })
    },
    close() {
      stopPings()
      for (const ws of server.clients) {
        closeWith(ws, closeCode.stopping, 'the appliance stops')
        setTimeout(() => ws.terminate(), farewellMs).unref()
      }
    },
  }
}

/** Programs send no Origin; every browser does. */
function isOwnPage({ headers }: IncomingMessage): boolean {
  const header = (name: string) => headers[name] as string | undefined
  return headers.origin === undefined || sameOrigin(header)
}

function refuse(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\nX-Content-Type-Options: nosniff\r\n\r\n`,
  )
}

interface Joining {
  ws: WebSocket
  wire: Duplex
  id: string
  query: URLSearchParams
}

async function join({ ws, wire, id, query }: Joining, { consume, log }: SocketsDeps): Promise<void> {
  // Until there is somebody to hear it, nothing may be said.
  ws.pause()
  ws.on('error', (error) => log.debug({ err: error }, 'a console websocket failed'))
  try {
    const target = await consume(id)
    const terminal = target.kind === 'serial' ? await target.open(terminalSize(query)) : undefined
    if (terminal !== undefined && ws.readyState !== ws.OPEN) return terminal.close()
    if (terminal !== undefined) bridgeTerminal(ws, terminal)
    else if (target.kind === 'vnc') bridgeStream(ws, wire, target.display)
    ws.resume()
  } catch (error) {
    if (!(error instanceof AppError)) log.error({ err: error }, 'a console could not be opened')
    closeForError(ws, error)
  }
}

/** Finds out who has gone without a word, and keeps the way open through routers that forget. */
function pingAll(clients: ReadonlySet<WebSocket>): () => void {
  const silent = new WeakSet<WebSocket>()
  const timer = setInterval(() => {
    for (const ws of clients) {
      // A paused one cannot show that it is alive; its target is slow, not its peer gone.
      if (silent.has(ws) && !ws.isPaused) ws.terminate()
      silent.add(ws)
      ws.once('pong', () => silent.delete(ws))
      if (ws.readyState === ws.OPEN) ws.ping()
    }
  }, pingMs)
  timer.unref()
  return () => clearInterval(timer)
}
