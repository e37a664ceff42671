import { once } from 'node:events'
import { connect } from 'node:net'
import { spawn } from '@lydell/node-pty'
import { WebSocket } from 'ws'
import type { Lab } from './libvirt.ts'
import { enter } from './namespace.ts'

/** A two-way flow of bytes, whatever carries it. */
export type ByteStream = {
  write(data: Buffer): void
  onData(listener: (data: Buffer) => void): void
  onClose(listener: () => void): void
  close(): void
}

export type WebSocketOptions = {
  protocols?: string[]
  headers?: Record<string, string>
  /** PEM of the authority that signed the server's certificate. */
  ca?: string
}

/** Opens a websocket; rejects when the upgrade is refused. Text frames arrive as their bytes. */
export async function webSocketStream(url: string, options: WebSocketOptions = {}): Promise<ByteStream> {
  const { protocols = ['binary'], headers, ca } = options
  const socket = new WebSocket(url, protocols, { headers, ca })
  const queue: Buffer[] = [] // a server may speak before anybody listens
  let deliver = (data: Buffer): void => void queue.push(data)
  socket.on('message', (data) => deliver(data as Buffer))
  await once(socket, 'open')
  return {
    write: (data) => socket.send(data),
    onData: (listener) => {
      deliver = listener
      for (const data of queue.splice(0)) listener(data)
    },
    onClose: (listener) => void socket.once('close', listener),
    close: () => socket.close(),
  }
}

/** Connects to a unix socket. */
export async function unixSocketStream(path: string): Promise<ByteStream> {
  const socket = connect(path)
  await once(socket, 'connect')
  return {
    write: (data) => void socket.write(data),
    onData: (listener) => void socket.on('data', listener),
    onClose: (listener) => void socket.once('close', () => listener()),
    close: () => socket.destroy(),
  }
}

/** `virsh console` of a domain of the lab. */
export function consoleStream(lab: Lab, domain: string): ByteStream {
  const words = [...enter(lab.pid), 'virsh', '-c', 'qemu:///system', 'console', domain, '--force']
  const terminal = spawn('nsenter', words, { name: 'xterm', cols: 200, rows: 50, encoding: null })
  return {
    write: (data) => terminal.write(data.toString('latin1')),
    onData: (listener) => void terminal.onData((data) => listener(data as unknown as Buffer)),
    onClose: (listener) => void terminal.onExit(() => listener()),
    close: () => terminal.write('\x1d'), // Ctrl-], the escape of virsh console
  }
}
