import { useSyncExternalStore } from 'react'

// PatternFly's `md`.
const narrow = window.matchMedia('(max-width: 47.99rem)')

const subscribe = (listener: () => void) => {
  narrow.addEventListener('change', listener)
  return () => narrow.removeEventListener('change', listener)
}

/** Whether the page is as narrow as on a phone. */
export const useIsNarrow = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches)
