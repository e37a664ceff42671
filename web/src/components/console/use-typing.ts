import { useCallback, useEffect, useRef, useState } from 'react'
import type { KeyEvent } from './typing.ts'

/** A guest's keyboard holds few keys that its system has not taken yet; what comes faster is lost. */
const paceMs = 20

export interface Typing {
  /** Undefined where nothing is being typed. */
  progress: { done: number; total: number } | undefined
  type: (strokes: readonly KeyEvent[][]) => void
  stop: () => void
}

/** Presses key after key at a pace that a guest can follow, until all are pressed or `press` goes. */
export function useTyping(press: ((events: readonly KeyEvent[]) => void) | undefined): Typing {
  const [progress, setProgress] = useState<Typing['progress']>()
  const timer = useRef<ReturnType<typeof setInterval>>(undefined)
  const stop = useCallback(() => {
    clearInterval(timer.current)
    setProgress(undefined)
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: half a text must not go on in another connection
  useEffect(() => stop, [press, stop])
  const type = useCallback(
    (strokes: readonly KeyEvent[][]) => {
      stop()
      if (!press) return
      let done = 0
      timer.current = setInterval(() => {
        const stroke = strokes[done++]
        if (stroke) press(stroke)
        if (done >= strokes.length) stop()
        else setProgress({ done, total: strokes.length })
      }, paceMs)
      setProgress({ done, total: strokes.length })
    },
    [press, stop],
  )
  return { progress, type, stop }
}
