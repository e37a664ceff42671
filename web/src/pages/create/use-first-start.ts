import { useEffect, useRef } from 'react'
import { useChange } from '../../api/query.ts'

export interface FirstStart {
  id: string
  /** undefined: it is not started from here. */
  media: string | undefined
  startsWithHost: boolean
  isThere: boolean
  onStarted: () => void
}

/** Starts a guest from its medium, once, when it is there; whether it starts with its host is said afterwards. */
export function useFirstStart({ id, media, startsWithHost, isThere, onStarted }: FirstStart) {
  const start = useChange('post', '/instances/{id}')
  const withHost = useChange('put', '/guests/{id}/auto_start')
  const isBegun = useRef(false)
  const begin = async (source: string) => {
    const params = { path: { id } }
    try {
      await start.mutateAsync({ params, body: { from_media: true, from_network: false, source } })
      if (startsWithHost) await withHost.mutateAsync({ params, body: { enable: true } })
      onStarted()
    } catch {
      // The mutation keeps the error, and the page shows it.
    }
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: it begins when the guest is there, and never again
  useEffect(() => {
    if (!isThere || media === undefined || isBegun.current) return
    isBegun.current = true
    void begin(media)
  }, [isThere, media])
  return {
    isStarting: start.isPending || withHost.isPending,
    error: start.error ?? withHost.error,
    again: () => {
      if (media !== undefined) void begin(media)
    },
  }
}
