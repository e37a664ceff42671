// Keeps a console connected: through restarts of the appliance and of the guest, each time by a new channel.

/** How a connection ended: code and reason of the websocket; see docs/consoles.md. */
export interface Ending {
  code: number
  reason: string
}

export type LineState =
  /** The guest does not run; the line waits for it. */
  | { kind: 'off' }
  | { kind: 'connecting' }
  | { kind: 'open' }
  /** Tried again by itself; `reason` may be empty. */
  | { kind: 'broken'; reason: string; retryInMs: number }
  /** Another viewer has taken it; to take it back is a person's decision, or both would do so for ever. */
  | { kind: 'taken' }
  /** Not tried again by itself. */
  | { kind: 'refused'; error: unknown }

export interface LineEvents {
  onOpen(): void
  onEnd(ending: Ending): void
}

/** One connection; `close` ends it without an `onEnd`. */
export interface Connection {
  close(): void
}

export interface LineOptions {
  /** Asks for a channel and connects; rejects where that is refused. */
  connect(events: LineEvents): Promise<Connection>
  tell(state: LineState): void
  /** Whether the guest gives its console to one viewer only. */
  isExclusive: boolean
  /** Whether it makes sense to try again after such a rejection. */
  isPassing(error: unknown): boolean
  reasonOf(error: unknown): string
}

export interface Line {
  setRunning(isRunning: boolean): void
  /** At once, whatever the state, unless the guest is off. */
  reconnect(): void
  /** The network is back: what waits to be tried again is tried now. */
  wake(): void
  close(): void
}

const firstRetryMs = 500
const mostRetryMs = 10_000
/** A connection that held so long was a good one. */
const steadyMs = 5000
/** So long after the end of a console the feed has told whether the guest has ended with it. */
const feedMs = 1500

const endedByItself = 1000
const inUse = 4409

export function createLine({ connect, tell, isExclusive, isPassing, reasonOf }: LineOptions): Line {
  // Until it is told, the line knows nothing of the guest.
  let isRunning: boolean | undefined
  let failures = 0
  let openedAt: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let connection: Connection | undefined
  // What an earlier attempt says is no matter any more.
  let attempt = 0
  let isWaiting = false

  const drop = () => {
    attempt++
    isWaiting = false
    clearTimeout(timer)
    connection?.close()
    connection = undefined
  }
  const later = (reason: string) => {
    const retryInMs = Math.min(mostRetryMs, firstRetryMs * 2 ** failures)
    failures++
    isWaiting = true
    tell({ kind: 'broken', reason, retryInMs })
    timer = setTimeout(begin, retryInMs)
  }
  const ended = ({ code, reason }: Ending) => {
    connection = undefined
    if (openedAt !== undefined && Date.now() - openedAt > steadyMs) failures = 0
    if (!isExclusive || (code !== endedByItself && code !== inUse)) return later(reason)
    tell({ kind: 'connecting' })
    timer = setTimeout(() => tell({ kind: 'taken' }), feedMs)
  }
  const begin = () => {
    drop()
    openedAt = undefined
    const mine = attempt
    const isMine = () => mine === attempt
    tell({ kind: 'connecting' })
    const events: LineEvents = {
      onOpen() {
        if (!isMine()) return
        openedAt = Date.now()
        tell({ kind: 'open' })
      },
      onEnd: (ending) => isMine() && ended(ending),
    }
    connect(events).then(
      (made) => {
        if (isMine()) connection = made
        else made.close()
      },
      (error: unknown) => {
        if (!isMine()) return
        if (isPassing(error)) later(reasonOf(error))
        else tell({ kind: 'refused', error })
      },
    )
  }
  return {
    setRunning(running) {
      if (running === isRunning) return
      isRunning = running
      failures = 0
      if (running) return begin()
      drop()
      tell({ kind: 'off' })
    },
    reconnect() {
      failures = 0
      if (isRunning) begin()
    },
    wake() {
      if (isWaiting) begin()
    },
    close: drop,
  }
}
