import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { downSample, emptySummary, plain } from './blocks.ts'
import { FineWindow, fineMs } from './window.ts'

const t0 = 1_800_000_000_000
const slot0 = t0 / fineMs
const row = (value: number) => [value, value, value, value, value, value, value]
const column = (window: FineWindow, first: number, count: number, name = 'a') => [
  ...window.column(name, 0, slot0 + first, count),
]
const gap = Number.NaN

describe('the last hour', () => {
  it('averages what was measured in ten seconds by how long it held', () => {
    const window = new FineWindow()
    window.record('a', t0, t0 + 2_500, row(100))
    window.record('a', t0 + 2_500, t0 + 10_000, row(20))
    assert.deepEqual(column(window, 0, 2), [40, gap])
  })

  it('spreads a long span over all its slots', () => {
    const window = new FineWindow()
    window.record('a', t0 + 5_000, t0 + 65_000, row(7))
    assert.deepEqual(column(window, -1, 9), [gap, 7, 7, 7, 7, 7, 7, 7, gap])
  })

  it('leaves gaps where nothing was measured, and where only a part is known', () => {
    const window = new FineWindow()
    window.record('a', t0, t0 + 10_000, row(1))
    window.record('a', t0 + 30_000, t0 + 40_000, [gap, 5, 5, 5, 5, 5, 5])
    assert.deepEqual(column(window, 0, 5), [1, gap, gap, gap, gap])
    assert.equal(window.column('a', 1, slot0 + 3, 1)[0], 5)
    assert.deepEqual(column(window, 0, 2, 'nobody'), [gap, gap])
  })

  it('forgets what is older, also of what is measured no more', () => {
    const window = new FineWindow()
    window.record('a', t0, t0 + 10_000, row(1))
    window.record('old', t0, t0 + 10_000, row(2))
    assert.deepEqual(column(window, 0, 1, 'old'), [2])
    for (let slot = 1; slot < 432; slot++)
      window.record('a', t0 + slot * fineMs, t0 + (slot + 1) * fineMs, row(1))
    assert.deepEqual(column(window, 0, 1, 'old'), [2])
    window.record('a', t0 + 432 * fineMs, t0 + 433 * fineMs, row(1))
    assert.deepEqual(column(window, 0, 1, 'old'), [gap])
    assert.deepEqual(column(window, 432, 1, 'old'), [gap])
    assert.deepEqual(column(window, 432, 1), [1])
  })

  it('takes a span of a month, and a clock that was set back', () => {
    const window = new FineWindow()
    window.record('a', t0 - 30 * 86_400_000, t0, row(3))
    assert.deepEqual(column(window, -2, 3), [3, 3, gap])
    window.record('a', t0 - 60_000, t0 - 50_000, row(9))
    assert.deepEqual(column(window, -7, 3), [3, 9, 3])
    const past = t0 - 10 * 86_400_000
    window.record('a', past, past + 10_000, row(4))
    assert.deepEqual([...window.column('a', 0, past / fineMs, 2)], [4, gap])
    assert.deepEqual(column(window, -1, 1), [gap])
  })

  it('forgets a name', () => {
    const window = new FineWindow()
    window.record('a', t0, t0 + 10_000, row(1))
    window.forget('a')
    assert.deepEqual(window.names(), [])
    assert.deepEqual(column(window, 0, 1), [gap])
  })
})

describe('down-sampling', () => {
  it('keeps average and outermost values, and gaps only where nothing is known', () => {
    const values = Float64Array.of(1, 3, gap, 5, gap, gap, 7)
    const { avg, min, max } = downSample(plain(values), 2)
    assert.deepEqual([...avg], [2, 5, gap, 7])
    assert.deepEqual([...min], [1, 5, gap, 7])
    assert.deepEqual([...max], [3, 5, gap, 7])
  })

  it('of summaries takes the outermost of the outermost', () => {
    const summary = { avg: Float64Array.of(2, 4), min: Float64Array.of(0, 1), max: Float64Array.of(9, 5) }
    assert.deepEqual(downSample(summary, 2), {
      avg: Float64Array.of(3),
      min: Float64Array.of(0),
      max: Float64Array.of(9),
    })
    assert.deepEqual(downSample(emptySummary(0), 3), emptySummary(0))
  })
})
