import { createContext, use, useEffect, useState } from 'react'
import type { Feed } from '../api/feed.ts'
import type { FeedMessage } from '../api/live.ts'

export const FeedContext = createContext<Feed | undefined>(undefined)

export function useFeed(): Feed {
  const feed = use(FeedContext)
  if (!feed) throw new Error('outside of the feed')
  return feed
}

/** Hears the feed while the component is shown; `listener` must be stable. */
export function useFeedListener(listener: (message: FeedMessage) => void): void {
  const feed = useFeed()
  useEffect(() => feed.subscribe(listener), [feed, listener])
}

// Short breaks are nobody's concern.
const patienceMs = 3000

/** Whether the connection to the appliance is broken for longer than a moment. */
export function useIsLost(): boolean {
  const feed = useFeed()
  const [isLost, setLost] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const leave = feed.subscribe(({ type }) => {
      if (type === 'lost') timer ??= setTimeout(() => setLost(true), patienceMs)
      else {
        clearTimeout(timer)
        timer = undefined
        setLost(false)
      }
    })
    return () => {
      clearTimeout(timer)
      leave()
    }
  }, [feed])
  return isLost
}
