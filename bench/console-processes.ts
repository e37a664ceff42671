// The parts of console-proxy.ts that need a process of their own, by name of the first argument.
import { connect, createServer } from 'node:net'
import { Hono } from 'hono'
import type { HttpEnv } from '../src/http/request-context.ts'
import { responder } from '../src/http/respond.ts'
import { startServer } from '../src/http/server.ts'
import { createSockets } from '../src/http/sockets/sockets.ts'

const silent = { debug() {}, info() {}, warn() {}, error: console.error, child: () => silent }
const [role, first, second] = process.argv.slice(2)

if (role === 'source') source()
else if (role === 'bridge') await bridge(Number(first))
else if (role === 'sink') sink(Number(first), Number(second))

/** Zeros without end to whoever connects, 64 KiB at a time. */
function source(): void {
  const chunk = Buffer.alloc(64 * 1024)
  const server = createServer((socket) => {
    const fill = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', fill).on('error', () => undefined)
    fill()
  })
  server.listen(0, '127.0.0.1', () => tell((server.address() as { port: number }).port))
}

/** The shipped bridge to a source. */
async function bridge(port: number): Promise<void> {
  const display = { kind: 'tcp' as const, host: '127.0.0.1', port }
  const sockets = createSockets({ consume: () => ({ kind: 'vnc', display }), log: silent })
  const app = new Hono<HttpEnv>()
  const options = {
    respond: responder(app),
    host: '127.0.0.1',
    port: 0,
    log: silent,
    sockets,
    stopping: new AbortController(),
  }
  tell((await startServer(options)).port)
}

/** Asks for a websocket, counts raw bytes, ends after so many and tells how many milliseconds it took. */
function sink(port: number, bytes: number): void {
  let total = 0
  let started = 0
  const socket = connect({
    port,
    host: '127.0.0.1',
    onread: {
      buffer: Buffer.alloc(1024 * 1024),
      callback(size) {
        if (started === 0) started = performance.now()
        total += size
        if (total < bytes) return true
        tell(performance.now() - started)
        socket.destroy()
        return false
      },
    },
  })
  socket.write(
    `GET /monitor_channels/bench HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
}

function tell(value: number): void {
  process.stdout.write(`${value}\n`)
}
