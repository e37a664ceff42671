import { ByteSink, ByteSource, readColumn, writeColumn } from './codec.ts'
import { type FigureField, figureFields } from './figure.ts'
import type { FineWindow } from './window.ts'

/** A batch of the fine history: five minutes, lost at most when the appliance is killed. */
export const batchSlots = 30
/** Step of the coarse history, in slots of the fine one and in milliseconds. */
const coarseSlots = 60
export const coarseMs = 600_000
export const hourMs = 3_600_000
export const coarsePerHour = 6

/** Stored in these parts of the unit. */
const scaleOf = (field: FigureField) => (field === 'cpuUsagePercent' ? 100 : 1)

/** Average, smallest and largest; NaN where nothing is known. */
export interface Summary {
  avg: Float64Array
  min: Float64Array
  max: Float64Array
}

export type SummaryPart = keyof Summary

export const summaryParts: readonly SummaryPart[] = ['avg', 'min', 'max']

export const emptySummary = (length: number): Summary => ({
  avg: new Float64Array(length).fill(Number.NaN),
  min: new Float64Array(length).fill(Number.NaN),
  max: new Float64Array(length).fill(Number.NaN),
})

/** Undefined where nothing is known of the name in all the batch. */
export function fineBlock(window: FineWindow, name: string, firstSlot: number): Uint8Array | undefined {
  const columns = figureFields.map((_, field) => window.column(name, field, firstSlot, batchSlots))
  return encode(columns)
}

/** Gives each slot of a batch back to the window. */
export function restoreFine(window: FineWindow, name: string, firstSlot: number, block: Uint8Array): void {
  const columns = decode(block, figureFields.length, batchSlots)
  for (let index = 0; index < batchSlots; index++) {
    const values = columns.map((column) => column[index] as number)
    if (values.some((value) => !Number.isNaN(value))) window.put(name, firstSlot + index, values)
  }
}

/** The summaries of one hour by 10 minutes, as far as the window reaches. */
export function summarizeHour(window: FineWindow, name: string, field: number, hour: number): Summary {
  const firstSlot = hour * coarsePerHour * coarseSlots
  return downSample(plain(window.column(name, field, firstSlot, coarsePerHour * coarseSlots)), coarseSlots)
}

/** Undefined where nothing is known of the name in all the hour. */
export function coarseBlock(window: FineWindow, name: string, hour: number): Uint8Array | undefined {
  const columns = figureFields.flatMap((_, field) => {
    const summary = summarizeHour(window, name, field, hour)
    return summaryParts.map((part) => summary[part])
  })
  return encode(columns)
}

export function readCoarseBlock(block: Uint8Array, field: number): Summary {
  const columns = decode(block, figureFields.length * summaryParts.length, coarsePerHour)
  const [avg, min, max] = columns.slice(field * summaryParts.length)
  return { avg: avg as Float64Array, min: min as Float64Array, max: max as Float64Array }
}

/** Values that were not summarized are their own smallest and largest. */
export const plain = (values: Float64Array): Summary => ({ avg: values, min: values, max: values })

/** Every `factor` points become one: the average of those that are known, and the outermost. */
export function downSample(summary: Summary, factor: number): Summary {
  if (factor === 1) return summary
  const length = Math.ceil(summary.avg.length / factor)
  const result = emptySummary(length)
  for (let index = 0; index < length; index++) {
    let [sum, known, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let point = index * factor; point < Math.min(summary.avg.length, (index + 1) * factor); point++) {
      const value = summary.avg[point] as number
      if (Number.isNaN(value)) continue
      sum += value
      known++
      min = Math.min(min, summary.min[point] as number)
      max = Math.max(max, summary.max[point] as number)
    }
    if (known === 0) continue
    result.avg[index] = sum / known
    result.min[index] = min
    result.max[index] = max
  }
  return result
}

function encode(columns: readonly Float64Array[]): Uint8Array | undefined {
  if (columns.every((column) => column.every(Number.isNaN))) return undefined
  const sink = new ByteSink()
  const perField = columns.length / figureFields.length
  columns.forEach((column, index) => {
    const scale = scaleOf(figureFields[Math.floor(index / perField)] as FigureField)
    writeColumn(sink, scale === 1 ? column : column.map((value) => value * scale))
  })
  return sink.take()
}

function decode(block: Uint8Array, count: number, length: number): Float64Array[] {
  const source = new ByteSource(block)
  const perField = count / figureFields.length
  return Array.from({ length: count }, (_, index) => {
    const column = new Float64Array(length)
    readColumn(source, column)
    const scale = scaleOf(figureFields[Math.floor(index / perField)] as FigureField)
    return scale === 1 ? column : column.map((value) => value / scale)
  })
}
