import { useEffect, useRef, useState } from 'react'

const pauseMs = 200

/** A text that is typed here and kept elsewhere (in the address), once there is a pause. */
export function useTyped(kept: string, keep: (text: string) => void) {
  const [text, setText] = useState(kept)
  const [last, setLast] = useState(kept)
  const [sent, setSent] = useState(kept)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  // Somebody else has changed it: a link, the way back, a filter that was cleared.
  if (kept !== last) {
    setLast(kept)
    if (kept !== sent) setText(kept)
  }
  return {
    text,
    type: (typed: string) => {
      setText(typed)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => {
        setSent(typed)
        keep(typed)
      }, pauseMs)
    },
  }
}
