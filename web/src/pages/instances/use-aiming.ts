import { type PointerEvent, useEffect, useRef, useState } from 'react'

// Who has not moved for so long is reading, not about to press.
const restMs = 3000

/** Whether somebody aims at something inside: a mouse moves over it, or a menu of it is open. */
export function useAiming() {
  const [isAiming, setAiming] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const inside = useRef<Element>(null)
  useEffect(() => () => clearTimeout(timer.current), [])
  const rest = () => {
    const isOpen = inside.current?.querySelector('[aria-expanded="true"]')
    if (isOpen) timer.current = setTimeout(rest, restMs)
    else setAiming(false)
  }
  const move = (event: PointerEvent) => {
    if (event.pointerType !== 'mouse') return
    inside.current = event.currentTarget
    clearTimeout(timer.current)
    timer.current = setTimeout(rest, restMs)
    setAiming(true)
  }
  const leave = () => {
    clearTimeout(timer.current)
    rest()
  }
  return { isAiming, handlers: { onPointerMove: move, onPointerLeave: leave } }
}
