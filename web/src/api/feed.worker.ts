// One connection to the feed for all tabs of a browser.
import { openFeed } from './feed-source.ts'
import type { FeedMessage } from './live.ts'

const ports = new Set<MessagePort>()
let close: (() => void) | undefined
let isOpen = false

const tell = (message: FeedMessage) => {
  if (message.type === 'open' || message.type === 'lost') isOpen = message.type === 'open'
  for (const port of ports) port.postMessage(message)
}

function reconnect(): void {
  close?.()
  close = ports.size > 0 ? openFeed(tell) : undefined
}

const scope = self as unknown as { onconnect: (event: MessageEvent) => void }
scope.onconnect = ({ ports: [port] }) => {
  if (!port) return
  ports.add(port)
  if (isOpen) port.postMessage({ type: 'open' } satisfies FeedMessage)
  port.onmessage = ({ data }: MessageEvent<'join' | 'leave' | 'renew'>) => {
    if (data === 'leave') ports.delete(port)
    else ports.add(port)
    const isNeeded = data === 'renew' || ports.size === 0 || close === undefined
    if (isNeeded) reconnect()
  }
  if (close === undefined) reconnect()
}
