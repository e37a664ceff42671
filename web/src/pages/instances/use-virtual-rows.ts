import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { pageSize, type Span } from './use-guest-rows.ts'

interface VirtualOptions {
  total: number
  rowHeight: number
  /** Another one begins at the top. */
  question: string
  /** Pages that hold what is in sight. */
  onSpan: (span: Span) => void
}

/** The rows in sight and a few beside them, however many there are; the others are empty room above and below. */
export function useVirtualRows({ total, rowHeight, question, onSpan }: VirtualOptions) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  })
  const items = virtualizer.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  const [firstPage, lastPage] = [Math.floor(first / pageSize), Math.floor(last / pageSize)]
  useEffect(() => onSpan({ first: firstPage, last: lastPage }), [onSpan, firstPage, lastPage])
  const asked = useRef(question)
  useEffect(() => {
    if (asked.current !== question) scroller.current?.scrollTo({ top: 0 })
    asked.current = question
  }, [question])
  return {
    scroller,
    indexes: items.map(({ index }) => index),
    before: items[0]?.start ?? 0,
    after: virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0),
  }
}
