import { openFeed } from './feed-source.ts'
import type { FeedMessage } from './live.ts'

type Listener = (message: FeedMessage) => void

export interface Feed {
  subscribe(listener: Listener): () => void
  /** Opens the connection anew: after a login, as the one who has logged in. */
  renew(): void
}

// A connection that a dropped network or a sleep has cut looks open for long.
const silentMs = 45_000

/** The feed, by one connection for all tabs where the browser has shared workers, and by one of its own elsewhere. */
export function createFeed(): Feed {
  const listeners = new Set<Listener>()
  let heardAt = Date.now()
  const tell = (message: FeedMessage) => {
    heardAt = Date.now()
    for (const listener of listeners) listener(message)
  }
  const renew = typeof SharedWorker === 'undefined' ? ownFeed(tell) : sharedFeed(tell)
  window.addEventListener('online', renew)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && Date.now() - heardAt > silentMs) renew()
  })
  const subscribe = (listener: Listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  return { subscribe, renew }
}

function ownFeed(tell: Listener): () => void {
  let close = openFeed(tell)
  return () => {
    close()
    close = openFeed(tell)
  }
}

function sharedFeed(tell: Listener): () => void {
  const worker = new SharedWorker(new URL('./feed.worker.ts', import.meta.url), {
    type: 'module',
    name: 'nacelle-feed',
  })
  const say = (word: 'join' | 'leave' | 'renew') => worker.port.postMessage(word)
  worker.port.onmessage = ({ data }: MessageEvent<FeedMessage>) => tell(data)
  window.addEventListener('pagehide', () => say('leave'))
  // A page that comes back from the browser's memory.
  window.addEventListener('pageshow', ({ persisted }) => persisted && say('join'))
  return () => say('renew')
}
