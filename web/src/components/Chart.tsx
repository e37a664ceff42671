import './chart.css'
import { Skeleton } from '@patternfly/react-core'
import { lazy, type ReactNode, Suspense, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Figures } from '../api/figures.ts'
import { timeText } from '../ui/format.ts'
import { type ChartField, chartDataOf, staleSinceSeconds, summaryOf } from './chart-data.ts'
import { type ChartUnit, lineTokens, unitText } from './chart-options.ts'

const ChartCanvas = lazy(async () => ({ default: (await import('./ChartCanvas.tsx')).ChartCanvas }))

export interface ChartProps {
  title: string
  unit: ChartUnit
  /** As the API answers; undefined while they come. */
  figures: Figures | undefined
  /** At most two lines. */
  fields: readonly ChartField[]
  /** Upper end of the scale; as high as the highest value unless told. */
  top?: number | undefined
  /** Beside the title, e.g. what there is in all. */
  note?: ReactNode
  isTall?: boolean
}

/** Lines over time, with the newest values, what they were at the pointer, and the same in words for who sees no lines. */
export function Chart({ title, unit, figures, fields, top, note, isTall }: ChartProps) {
  const { t, i18n } = useTranslation()
  const { language } = i18n
  const data = useMemo(() => figures && chartDataOf(figures, fields), [figures, fields])
  const text = (value: number) => unitText(unit, value, language)
  const summaries = data?.lines.map(summaryOf) ?? []
  const hasFigures = summaries.some(({ latest }) => latest !== undefined)
  const staleSince = data && staleSinceSeconds(data, Date.now())
  return (
    <figure className={isTall ? 'chart chart-tall' : 'chart'} aria-label={title}>
      <figcaption className="chart-caption">
        <span className="chart-title">{title}</span>
        {summaries.map(({ label, latest }, index) => (
          <span key={label} className="chart-value">
            {fields.length > 1 && (
              <span className="chart-mark" style={{ background: `var(${lineTokens[index % 2]})` }} />
            )}
            {fields.length > 1 && label} {latest === undefined ? '–' : text(latest)}
          </span>
        ))}
        {note && <span className="chart-note">{note}</span>}
        {staleSince !== undefined && (
          <span className="chart-note">
            {t('chartAsOf', { time: timeText(staleSince * 1000, language) })}
          </span>
        )}
      </figcaption>
      <div className="chart-area" aria-hidden>
        {data === undefined ? (
          <Skeleton height="100%" />
        ) : hasFigures ? (
          <Suspense fallback={<Skeleton height="100%" />}>
            <ChartCanvas
              data={data}
              drawing={{
                labels: fields.map(({ label }) => label),
                unit,
                top,
                hasBand: fields.length === 1 && data.step >= coarseSeconds,
                rangeSeconds: data.step * data.times.length,
                language,
              }}
            />
          </Suspense>
        ) : (
          <p className="chart-empty">{t('chartEmpty')}</p>
        )}
      </div>
      <p className="pf-v6-screen-reader">
        {hasFigures
          ? summaries.map(({ label, average, highest }) =>
              average === undefined || highest === undefined
                ? ''
                : `${t('chartSummary', { label, average: text(average), highest: text(highest) })} `,
            )
          : data && t('chartEmpty')}
      </p>
    </figure>
  )
}

// From here on a point is a summary with a smallest and a largest.
const coarseSeconds = 600
