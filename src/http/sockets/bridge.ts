import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { DisplayAddress } from '../../core/hypervisor.ts'
import { closeCode, closeWith } from './close-codes.ts'

// One read of this size costs about as much as a small one; more did not make it faster.
const bufferBytes = 256 * 1024
const frameOptions = { binary: true, compress: false }

/**
 * Joins a websocket with a stream socket, bytes both ways as they are, until either ends. `wire` is the connection that
 * carries the websocket.
 *
 * All reads from the target land in one buffer, which goes to the kernel as it is. It may be read into again only when
 * nothing of it waits in `wire`; that is also the back pressure.
 */
export function bridgeStream(ws: WebSocket, wire: Duplex, display: DisplayAddress): void {
  let waiting = false
  const whenSent = () => {
    if (!waiting || wire.writableLength > 0) return
    waiting = false
    target.resume()
  }
  const target = connect({
    ...addressOf(display),
    onread: {
      buffer: Buffer.allocUnsafeSlow(bufferBytes),
      callback(size, buffer) {
        if (ws.readyState !== ws.OPEN) return false
        ws.send(buffer.subarray(0, size), frameOptions, whenSent)
        waiting = wire.writableLength > 0
        return !waiting
      },
    },
  })
  target.setNoDelay(true)
  ws.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) return
    if (target.write(data)) return
    ws.pause()
    target.once('drain', () => ws.resume())
  })
  endTogether(ws, target)
}

const addressOf = (display: DisplayAddress) =>
  display.kind === 'unix' ? { path: display.path } : { host: display.host, port: display.port }

function endTogether(ws: WebSocket, target: Socket): void {
  target.on('end', () => closeWith(ws, closeCode.normal, 'the guest has ended its console'))
  target.on('error', () => closeWith(ws, closeCode.failed, 'the console of the guest does not answer'))
  ws.on('close', () => target.destroy())
  ws.on('error', () => target.destroy())
}
