// What a chart shows of the figures of the API: lists for the drawing, and what is said of them in words.
import type { FigureField, Figures } from '../api/figures.ts'

export interface ChartField {
  field: FigureField
  /** What the line is called, e.g. `Read`. */
  label: string
  /** Of a figure what is drawn, e.g. what is used of what is free. */
  of?: (value: number) => number
}

type Values = (number | null)[]

export interface ChartLine {
  label: string
  values: Values
  /** Smallest and largest of each point. */
  lowest: Values
  highest: Values
}

export interface ChartData {
  /** Begin of each point, in seconds since 1970. */
  times: number[]
  /** Seconds from point to point. */
  step: number
  lines: ChartLine[]
}

export interface LineSummary {
  label: string
  /** The newest that is known. */
  latest: number | undefined
  average: number | undefined
  highest: number | undefined
}

export function chartDataOf(figures: Figures, fields: readonly ChartField[]): ChartData {
  return {
    times: Array.from({ length: figures.points }, (_, index) => figures.start + index * figures.step),
    step: figures.step,
    lines: fields.map(({ field, label, of = (value) => value }) => {
      const series = figures.series[field] ?? { avg: [], min: [], max: [] }
      const drawn = (values: Values) => values.map((value) => (value === null ? null : of(value)))
      const [one, other] = [drawn(series.min), drawn(series.max)]
      // What is used is largest where what is free is smallest.
      return {
        label,
        values: drawn(series.avg),
        lowest: pairs(one, other, Math.min),
        highest: pairs(one, other, Math.max),
      }
    }),
  }
}

const pairs = (one: Values, other: Values, choose: (a: number, b: number) => number): Values =>
  one.map((value, index) => {
    const second = other[index] ?? null
    return value === null || second === null ? null : choose(value, second)
  })

const isKnown = (value: number | null): value is number => value !== null

export const summaryOf = ({ label, values, highest }: ChartLine): LineSummary => {
  const known = values.filter(isKnown)
  const tops = highest.filter(isKnown)
  return {
    label,
    latest: known.at(-1),
    average: known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length,
    highest: tops.length === 0 ? undefined : tops.reduce((a, b) => Math.max(a, b)),
  }
}

/** End of the newest point of which something is known, in seconds since 1970. */
export function lastKnownSeconds({ times, step, lines }: ChartData): number | undefined {
  const last = times.findLastIndex((_, index) => lines.some(({ values }) => isKnown(values[index] ?? null)))
  const time = times[last]
  return time === undefined ? undefined : time + step
}

// Looks are up to ten seconds apart, and more where the host is busy.
const patienceSeconds = 60

/** Since when a chart is old; undefined where it is not, or has nothing. */
export function staleSinceSeconds(data: ChartData, nowMs: number): number | undefined {
  const last = lastKnownSeconds(data)
  if (last === undefined) return undefined
  return nowMs / 1000 - last > Math.max(patienceSeconds, 2 * data.step) ? last : undefined
}
