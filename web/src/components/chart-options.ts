// How uPlot draws: colours of the theme, axes in units that people read.
import type uPlot from 'uplot'
import { bytesText, percentText, rateText } from '../ui/format.ts'

export type ChartUnit = 'percent' | 'bytes' | 'rate'

export const unitText = (unit: ChartUnit, value: number, language: string): string =>
  unit === 'percent'
    ? percentText(value / 100, language)
    : unit === 'bytes'
      ? bytesText(value, language)
      : rateText(value, language)

/** Tokens of the lines, in their order. */
export const lineTokens = [
  '--pf-t--global--color--brand--default',
  '--pf-t--global--color--status--custom--default',
] as const

const bandAlpha = '33'
const dayPixels = 70
const timesHeight = 28
const labelsWidth = { percent: 46, bytes: 66, rate: 78 } as const
const binaryIncrements = Array.from({ length: 60 }, (_, power) => 2 ** power)
const daySeconds = 86_400

export interface Drawing {
  labels: readonly string[]
  unit: ChartUnit
  /** Upper end of the scale; as high as the highest value unless told. */
  top?: number | undefined
  /** Smallest and largest around the only line. */
  hasBand: boolean
  rangeSeconds: number
  language: string
}

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const timesText = (rangeSeconds: number, language: string) => {
  const format = new Intl.DateTimeFormat(
    language,
    rangeSeconds > 2 * daySeconds
      ? { month: 'short', day: 'numeric' }
      : { hour: '2-digit', minute: '2-digit' },
  )
  return (_: uPlot, seconds: number[]) => seconds.map((second) => format.format(second * 1000))
}

const axes = ({ unit, rangeSeconds, language }: Drawing): uPlot.Axis[] => {
  const line = token('--pf-t--global--border--color--default')
  const base = {
    stroke: token('--pf-t--global--text--color--subtle'),
    font: `12px ${token('--pf-t--global--font--family--body')}`,
    ticks: { show: false },
  }
  return [
    {
      ...base,
      grid: { show: false },
      border: { show: true, stroke: line, width: 1 },
      size: timesHeight,
      space: dayPixels,
      values: timesText(rangeSeconds, language),
    },
    {
      ...base,
      grid: { stroke: line, width: 1 },
      size: labelsWidth[unit],
      space: 36,
      ...(unit === 'percent' ? {} : { incrs: binaryIncrements }),
      values: (_, values) => values.map((value) => unitText(unit, value, language)),
    },
  ]
}

// An idle guest is drawn along the foot, not as mountains of a few bytes.
const leastTop = { percent: 10, bytes: 2 ** 20, rate: 2 ** 10 } as const

/** Options for a chart of the size; `onPoint` is told the point below the pointer. */
export function chartOptions(
  drawing: Drawing,
  size: { width: number; height: number },
  onPoint: (chart: uPlot) => void,
): uPlot.Options {
  const { labels, unit, top, hasBand } = drawing
  const lines = labels.map((label, index): uPlot.Series => {
    const stroke = token(lineTokens[index % lineTokens.length] as string)
    const fill = labels.length === 1 && !hasBand ? { fill: `${stroke}${bandAlpha}` } : {}
    return { label, stroke, width: 1.5, spanGaps: false, points: { show: false }, ...fill }
  })
  const edge: uPlot.Series = { width: 0, points: { show: false } }
  return {
    ...size,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false },
    scales: {
      y: {
        range: (_, __, highest) => [0, top ?? Math.max(leastTop[unit], (highest ?? 0) * 1.1)],
      },
    },
    axes: axes(drawing),
    series: [{}, ...lines, ...(hasBand ? [edge, edge] : [])],
    ...(hasBand ? { bands: [{ series: [3, 2], fill: `${token(lineTokens[0])}${bandAlpha}` }] } : {}),
    hooks: { setCursor: [onPoint] },
  }
}
