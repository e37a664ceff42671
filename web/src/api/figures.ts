// What was, for charts: the same shape for the zone, pools, cells and guests.
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { type Answer, call } from './client.ts'
import type { paths } from './schema.d.ts'

export type Figures = Answer<'/figures/guests/{id}', 'get'>
export type FigureField =
  | 'cpu_usage'
  | 'available_memory'
  | 'available_disk'
  | 'read_speed'
  | 'write_speed'
  | 'receive_speed'
  | 'send_speed'

type FiguresPath = Extract<keyof paths, `/figures/${string}`>

export const hourSeconds = 3_600

// A point of the last hour comes every ten seconds, one of the past every ten minutes.
const fineMs = 10_000
const coarseMs = 60_000

export interface Looked {
  /** Parameters of the path, e.g. `{ id }`. */
  of?: Record<string, string>
  /** How far back; an hour unless told. */
  rangeSeconds?: number
}

/** Figures up to now, made anew while they are looked at. */
export const figuresReading = (path: FiguresPath, { of = {}, rangeSeconds = hourSeconds }: Looked = {}) =>
  queryOptions({
    queryKey: [path, { path: of }, rangeSeconds] as const,
    queryFn: ({ signal }): Promise<Figures> => {
      const from = Math.floor(Date.now() / 1000) - rangeSeconds
      const query = rangeSeconds === hourSeconds ? {} : { from: String(from) }
      return call('get', path as '/figures/guests/{id}', {
        params: { path: of as { id: string }, query },
        signal,
      })
    },
    refetchInterval: rangeSeconds <= hourSeconds ? fineMs : coarseMs,
    placeholderData: keepPreviousData,
  })
