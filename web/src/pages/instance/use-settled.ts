import { useEffect, useState } from 'react'

const pauseMs = 300

/** The value once it has not changed for a moment: what is typed is not asked about at every key. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseMs)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
