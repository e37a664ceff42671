import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import { timeText } from '../ui/format.ts'
import type { ChartData } from './chart-data.ts'
import { chartOptions, type Drawing, lineTokens, unitText } from './chart-options.ts'

export interface ChartCanvasProps {
  data: ChartData
  drawing: Drawing
}

interface Point {
  index: number
  left: number
  isRight: boolean
}

const aligned = ({ times, lines }: ChartData, hasBand: boolean): uPlot.AlignedData => {
  const [first] = lines
  const edges = hasBand && first ? [first.lowest, first.highest] : []
  return [times, ...lines.map(({ values }) => values), ...edges]
}

/** Draws the lines by uPlot; loaded when the first chart is shown. */
export function ChartCanvas({ data, drawing }: ChartCanvasProps) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(null)
  const newest = useRef({ data, drawing })
  newest.current = { data, drawing }
  const [point, setPoint] = useState<Point>()
  const shape = JSON.stringify(drawing)

  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawing is made anew when its shape changes
  useEffect(() => {
    const box = place.current
    if (!box) return
    const size = () => ({ width: box.clientWidth, height: box.clientHeight })
    const look = ({ cursor }: uPlot) => {
      const { idx, left } = cursor
      setPoint(
        typeof idx === 'number' && left !== undefined && left >= 0
          ? { index: idx, left: left + box.clientWidth - drawnWidth(), isRight: left > drawnWidth() / 2 }
          : undefined,
      )
    }
    const drawnWidth = () => chart.current?.over.clientWidth ?? 0
    const draw = () => {
      chart.current?.destroy()
      const { data, drawing } = newest.current
      chart.current = new uPlot(chartOptions(drawing, size(), look), aligned(data, drawing.hasBand), box)
    }
    draw()
    const watch = new ResizeObserver(() => chart.current?.setSize(size()))
    watch.observe(box)
    window.addEventListener('nacelle-theme', draw)
    return () => {
      window.removeEventListener('nacelle-theme', draw)
      watch.disconnect()
      chart.current?.destroy()
      chart.current = null
    }
  }, [shape])

  useEffect(() => chart.current?.setData(aligned(data, drawing.hasBand)), [data, drawing.hasBand])

  return (
    <div className="chart-canvas">
      <div ref={place} className="chart-place" />
      {point && <ChartTip data={data} drawing={drawing} point={point} />}
    </div>
  )
}

function ChartTip({ data, drawing, point }: ChartCanvasProps & { point: Point }) {
  const { unit, language } = drawing
  const time = data.times[point.index]
  if (time === undefined) return null
  return (
    <div className={point.isRight ? 'chart-tip chart-tip-right' : 'chart-tip'} style={{ left: point.left }}>
      <div>{timeText(time * 1000, language)}</div>
      {data.lines.map(({ label, values, lowest, highest }, index) => {
        const value = values[point.index]
        const [low, high] = [lowest[point.index], highest[point.index]]
        const isSpread = typeof low === 'number' && typeof high === 'number' && low !== high
        return (
          <div key={label}>
            <span className="chart-mark" style={{ background: `var(${lineTokens[index % 2]})` }} />
            {label} {typeof value === 'number' ? unitText(unit, value, language) : '–'}
            {isSpread && ` (${unitText(unit, low, language)} – ${unitText(unit, high, language)})`}
          </div>
        )
      })}
    </div>
  )
}
