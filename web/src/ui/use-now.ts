import { useEffect, useState } from 'react'

/** The present, in milliseconds, that moves on every `everyMs` while the component is shown: for "3 minutes ago". */
export function useNow(everyMs = 10_000): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
