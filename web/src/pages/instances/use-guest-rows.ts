import { useQueries } from '@tanstack/react-query'
import { useRef } from 'react'
import { searching } from '../../api/query.ts'
import type { components } from '../../api/schema.d.ts'
import { HeldOrder, type Listed } from './held-order.ts'
import type { GuestQuestion } from './search.ts'

export type Guest = components['schemas']['Instance']

export const pageSize = 100
// Figures move without a change of the record, which is what the feed tells.
const figuresMs = 5000

export interface Span {
  first: number
  last: number
}

export interface GuestRows extends Listed<Guest> {
  counts: components['schemas']['GuestStateCounts'] | undefined
  error: unknown
  /** What is shown answers an earlier question, or none. */
  isOld: boolean
  retry: () => void
}

interface Shown extends Listed<Guest> {
  counts: GuestRows['counts']
}

// Places for what has not come yet.
const fewPlaces = 12
const nothing: Shown = { total: fewPlaces, rows: new Map(), counts: undefined }

/** The guests that fit, page by page as they come into sight: only the pages of `span` are asked for and kept new. */
export function useGuestRows(question: GuestQuestion, span: Span, isHeld: boolean): GuestRows {
  const pages = Array.from({ length: span.last - span.first + 1 }, (_, index) => span.first + index)
  const answers = useQueries({
    queries: pages.map((page) => {
      const body = { ...question, limit: pageSize, offset: page * pageSize }
      return {
        ...searching('/search/guests', { body }),
        placeholderData: undefined,
        refetchInterval: figuresMs,
      }
    }),
  })
  const latest = answers
    .filter(({ data }) => data !== undefined)
    .reduce<(typeof answers)[number] | undefined>(
      (best, answer) => (best && best.dataUpdatedAt >= answer.dataUpdatedAt ? best : answer),
      undefined,
    )?.data
  const rows = new Map<number, Guest>()
  for (const { data } of answers)
    data?.result.forEach((guest, index) => void rows.set(data.offset + index, guest))

  const earlier = useRef<{ question: string; shown: Shown }>({ question: '', shown: nothing })
  const order = useRef({ question: '', held: new HeldOrder<Guest>() })
  const key = JSON.stringify(question)
  if (order.current.question !== key) order.current = { question: key, held: new HeldOrder() }
  if (latest) earlier.current = { question: key, shown: { total: latest.total, rows, counts: latest.counts } }
  const isSame = earlier.current.question === key
  // A page that has not come yet has the total of those that have.
  const shown = latest || !isSame ? earlier.current.shown : { ...earlier.current.shown, rows }
  const error = answers.find((answer) => answer.error)?.error
  return {
    ...shown,
    ...order.current.held.show(shown, isHeld && isSame),
    error: error ?? null,
    isOld: !isSame && !error,
    retry: () => {
      for (const answer of answers) if (answer.error) void answer.refetch()
    },
  }
}
