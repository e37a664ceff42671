import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { alive } from './health.ts'
import type { Sockets } from './server.ts'

/** Who answers once the program is loaded. */
export interface Behind {
  respond: RequestListener
  sockets: Sockets
}

/** Takes requests while the program behind it is still being loaded. */
export interface Front extends Behind {
  /** Resolves at the first request that needs the program. */
  asked: Promise<void>
  /** Hands over what waits, and from then on everything. */
  open(behind: Behind): void
}

/** A front that says that the process lives, and lets everything else wait for `open`. */
export function createFront(): Front {
  const opened = Promise.withResolvers<Behind>()
  const asked = Promise.withResolvers<void>()
  let behind: Behind | undefined
  const whenOpen = (then: (behind: Behind) => void) => {
    if (behind) return then(behind)
    asked.resolve()
    void opened.promise.then(then)
  }
  return {
    asked: asked.promise,
    open(given) {
      behind = given
      opened.resolve(given)
    },
    respond(request, response) {
      if (!behind && isProbe(request)) return sayAlive(response)
      whenOpen(({ respond }) => respond(request, response))
    },
    sockets: {
      upgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
        if (!behind) socket.on('error', () => socket.destroy())
        whenOpen(({ sockets }) => sockets.upgrade(request, socket, head))
      },
      close: () => behind?.sockets.close(),
    },
  }
}

const isProbe = ({ method, url }: IncomingMessage): boolean => method === 'GET' && url === '/healthz'

/** The same answer that the program gives. */
function sayAlive(response: ServerResponse): void {
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.end(alive)
}
