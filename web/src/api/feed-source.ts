import type { FeedMessage } from './live.ts'

const names = ['change', 'live', 'task', 'hello', 'reset', 'live_gap'] as const
const longestPauseMs = 30_000

/**
 * The connection to the feed. A browser's EventSource comes back by itself from a broken stream, but gives up where the
 * answer is an error (a restart behind a proxy, an ended session); this one then tries again, ever more slowly.
 */
export function openFeed(tell: (message: FeedMessage) => void): () => void {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let pauseMs = 1000
  let revision = ''
  const connect = () => {
    const after = revision === '' ? '' : `?after=${revision}`
    source = new EventSource(`/events${after}`)
    source.onopen = () => {
      pauseMs = 1000
      tell({ type: 'open' })
    }
    source.onerror = () => {
      tell({ type: 'lost' })
      if (source?.readyState !== EventSource.CLOSED) return
      timer = setTimeout(connect, pauseMs)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
    for (const type of names)
      source.addEventListener(type, ({ data, lastEventId }: MessageEvent<string>) => {
        if (lastEventId !== '') revision = lastEventId
        tell({ type, data: JSON.parse(data) } as FeedMessage)
      })
  }
  connect()
  return () => {
    clearTimeout(timer)
    source?.close()
  }
}
