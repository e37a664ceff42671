import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Figures } from '../api/figures.ts'
import { chartDataOf, lastKnownSeconds, staleSinceSeconds, summaryOf } from './chart-data.ts'

const figures: Figures = {
  from: '2026-01-31T14:00:00Z',
  start: 1_000,
  step: 10,
  points: 4,
  series: {
    cpu_usage: { avg: [10, null, 30, null], min: [5, null, 20, null], max: [15, null, 60, null] },
    available_memory: { avg: [6, 4, 2, null], min: [5, 3, 1, null], max: [7, 5, 3, null] },
  },
}

test('a gap stays a gap, and is no part of the average', () => {
  const [line] = chartDataOf(figures, [{ field: 'cpu_usage', label: 'CPU' }]).lines
  assert.ok(line)
  assert.deepEqual(line.values, [10, null, 30, null])
  assert.deepEqual(summaryOf(line), { label: 'CPU', latest: 30, average: 20, highest: 60 })
})

test('what is used is highest where what is free is lowest', () => {
  const fields = [{ field: 'available_memory', label: 'Used', of: (free: number) => 8 - free }] as const
  const [line] = chartDataOf(figures, fields).lines
  assert.deepEqual(line?.lowest, [1, 3, 5, null])
  assert.deepEqual(line?.highest, [3, 5, 7, null])
})

test('figures are old since the end of the last known point', () => {
  const data = chartDataOf(figures, [{ field: 'cpu_usage', label: 'CPU' }])
  assert.equal(lastKnownSeconds(data), 1_030)
  assert.equal(staleSinceSeconds(data, 1_060_000), undefined)
  assert.equal(staleSinceSeconds(data, 1_100_000), 1_030)
})

test('a field that the answer lacks draws nothing and says nothing', () => {
  const data = chartDataOf(figures, [{ field: 'read_speed', label: 'Read' }])
  assert.equal(lastKnownSeconds(data), undefined)
  assert.equal(staleSinceSeconds(data, 1_100_000), undefined)
  assert.deepEqual(data.lines.map(summaryOf), [
    { label: 'Read', latest: undefined, average: undefined, highest: undefined },
  ])
})
