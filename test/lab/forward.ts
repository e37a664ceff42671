import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { LabProcess } from './namespace.ts'

const relayPath = fileURLToPath(new URL('./relay.ts', import.meta.url))

/**
 * Lets the test process reach TCP servers on the lab's loopback. The way is a unix socket in the lab's
 * directory: it needs no address, route or interface on the machine, and ends with the lab.
 */
export class Forwarder {
  readonly #socketPath: string
  readonly #startRelay: (args: string[]) => Promise<LabProcess>
  readonly #servers = new Map<number, Server>()
  readonly #sockets = new Set<Socket>()
  #relay: Promise<LabProcess> | undefined

  constructor(socketPath: string, startRelay: (args: string[]) => Promise<LabProcess>) {
    this.#socketPath = socketPath
    this.#startRelay = startRelay
  }

  /** The port of 127.0.0.1, outside, that leads to `port` of the lab's loopback. */
  async portFor(port: number): Promise<number> {
    this.#relay ??= this.#start()
    await this.#relay
    const known = this.#servers.get(port)
    if (known) return (known.address() as AddressInfo).port
    const server = createServer({ allowHalfOpen: true }, (outer) => this.#carry(outer, port))
    this.#servers.set(port, server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    server.unref()
    return (server.address() as AddressInfo).port
  }

  close(): void {
    for (const server of this.#servers.values()) server.close()
    for (const socket of this.#sockets) socket.destroy()
    this.#servers.clear()
  }

  async #start(): Promise<LabProcess> {
    const relay = await this.#startRelay([relayPath, this.#socketPath])
    relay.child.stderr?.resume()
    if (relay.child.stdout) await once(relay.child.stdout, 'data')
    for (const stream of [relay.child.stdout, relay.child.stderr]) (stream as Socket | null)?.unref()
    relay.child.unref()
    return relay
  }

  #carry(outer: Socket, port: number): void {
    const inner = connect({ path: this.#socketPath, allowHalfOpen: true })
    inner.write(`${port}\n`)
    outer.setNoDelay(true)
    outer.pipe(inner).pipe(outer)
    for (const [one, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
    }
  }
}
