import type { Zone } from '../../zone/zone.ts'
import type { OperationContext } from '../context.ts'
import { invalid } from '../errors.ts'
import { readGuest } from '../guests/record.ts'
import { requirePermission } from '../identity/permissions.ts'
import { coarseMs, type Summary } from './blocks.ts'
import { type FigureField, figureFields } from './figure.ts'
import { coarseSpanMs, type FigureHistory, fineSpanMs } from './history.ts'
import type { Status } from './status.ts'
import { fineMs } from './window.ts'

/** What a chart is of. */
export type ChartSubject =
  | { of: 'zone' }
  | { of: 'pool'; pool: string }
  | { of: 'cell'; pool: string; cell: string }
  | { of: 'guest'; id: string }

export interface ChartRequest {
  /** Milliseconds since 1970; left out: an hour before `toMs`. */
  fromMs?: number
  /** Left out: now. */
  toMs?: number
  /** Left out: as fine as there is, with at most some 720 points. */
  stepMs?: number
  /** Left out: all. */
  fields?: readonly FigureField[]
}

export interface Chart {
  /** Begin of the first point, and from one point to the next, in milliseconds. */
  fromMs: number
  stepMs: number
  /** NaN for what is not known. Where a point is one measurement, all three are the same. */
  series: Map<FigureField, Summary>
}

export interface Charts {
  /** Throws `not_found`, `forbidden` as the thing itself does, and `invalid` with the field. */
  read(op: OperationContext, subject: ChartSubject, request: ChartRequest): Promise<Chart>
}

/** How things are called in the history. */
export const historyName = {
  zone: 'zone',
  pool: (name: string) => `pool:${name}`,
  cell: (name: string) => `cell:${name}`,
  guest: (id: string) => `guest:${id}`,
}

const usualPoints = 720
const mostPoints = 5_000
/** A request that was made for the last hour may come a little late. */
const lateMs = 5 * 60_000

interface ChartDeps {
  zone: Zone
  status: Status
  history: FigureHistory
  now(): number
}

export const createCharts = ({ zone, status, history, now }: ChartDeps): Charts => ({
  async read(op, subject, request) {
    const name = requireReadable(zone, status, op, subject)
    const range = rangeOf(request, now())
    const series = await history.read({ name, ...range, fields: request.fields ?? figureFields })
    return { fromMs: range.fromMs, stepMs: range.stepMs, series }
  },
})

/** Its name in the history. */
function requireReadable(zone: Zone, status: Status, op: OperationContext, subject: ChartSubject): string {
  switch (subject.of) {
    case 'guest':
      requirePermission(op, 'guest.read', readGuest(zone, subject.id))
      return historyName.guest(subject.id)
    case 'cell':
      return historyName.cell(status.cell(op, subject.pool, subject.cell).name)
    case 'pool':
      return historyName.pool(status.pool(op, subject.pool).name)
    case 'zone':
      requirePermission(op, 'compute.read')
      return historyName.zone
  }
}

/** Begin and end on whole steps. Throws `invalid`. */
export function rangeOf(
  request: ChartRequest,
  now: number,
): { fromMs: number; toMs: number; stepMs: number } {
  const toMs = Math.min(request.toMs ?? now, now)
  const fromMs = request.fromMs ?? toMs - fineSpanMs
  if (fromMs >= toMs) throw invalid('from', "'from' must lie before 'to' and before now")
  const earliest = now - coarseSpanMs - coarseMs
  if (fromMs < earliest)
    throw invalid('from', "'from' must lie within the last 30 days: older figures are not kept")
  const stepMs = request.stepMs ?? usualStep(fromMs, toMs, now)
  checkStep(stepMs, fromMs, now)
  const from = fromMs - (fromMs % stepMs)
  const to = Math.ceil(toMs / stepMs) * stepMs
  if ((to - from) / stepMs > mostPoints)
    throw invalid(
      'step',
      `that would be ${(to - from) / stepMs} points of at most ${mostPoints}: take a larger step`,
    )
  return { fromMs: from, toMs: to, stepMs }
}

const isFineHere = (fromMs: number, now: number) => fromMs >= now - fineSpanMs - lateMs

function usualStep(fromMs: number, toMs: number, now: number): number {
  const unit = isFineHere(fromMs, now) ? fineMs : coarseMs
  return unit * Math.max(1, Math.ceil((toMs - fromMs) / unit / usualPoints))
}

function checkStep(stepMs: number, fromMs: number, now: number): void {
  const unit = stepMs < coarseMs ? fineMs : coarseMs
  if (stepMs < fineMs || stepMs % unit !== 0)
    throw invalid('step', "'step' must be a multiple of 10 seconds, and from 600 on one of 600")
  if (unit === fineMs && !isFineHere(fromMs, now))
    throw invalid('step', "a 'step' below 600 seconds is kept for the last hour only: take a later 'from'")
}
