import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mostCost, nextInterval, Pace, unwatchedMs, watchedMs } from './pace.ts'

/** The interval and its cost after many looks of that cost. */
function settled(costMs: number, watched = true): Pace {
  const pace = new Pace()
  for (let look = 0; look < 50; look++) pace.record(costMs, watched)
  return pace
}

describe('the pace of looking', () => {
  it('is 2 s while somebody looks and 10 s while nobody does, where looks are cheap', () => {
    for (const costMs of [0, 1, 20, 99]) assert.equal(settled(costMs).intervalMs, watchedMs)
    for (const costMs of [0, 99, 499]) assert.equal(settled(costMs, false).intervalMs, unwatchedMs)
  })

  it('never costs more than 5 % of a core, whatever a look costs', () => {
    for (let costMs = 1; costMs < 29_000; costMs = Math.ceil(costMs * 1.1))
      for (const watched of [true, false]) {
        const pace = settled(costMs, watched)
        assert.ok(pace.costRatio <= mostCost + 1e-9, `${costMs} ms every ${pace.intervalMs} ms`)
        assert.ok(pace.intervalMs <= 600_000)
      }
  })

  it('goes beyond a minute only where a minute would cost too much', () => {
    assert.ok(settled(2_900).intervalMs <= 60_000)
    assert.equal(settled(4_000).intervalMs, 80_000)
  })

  it('grows at once and shrinks only with clear room', () => {
    assert.equal(nextInterval(2_000, 300, true), 8_000)
    assert.equal(nextInterval(8_000, 390, true), 8_000)
    assert.equal(nextInterval(8_000, 250, true), 8_000)
    assert.equal(nextInterval(8_000, 200, true), 5_000)
    assert.equal(nextInterval(8_000, 5, true), 2_000)
  })

  it('does not swing where a cost lies at a limit', () => {
    const pace = new Pace()
    const seen = new Set<number>()
    for (let look = 0; look < 200; look++) {
      pace.record(look % 2 ? 95 : 108, true)
      if (look > 20) seen.add(pace.intervalMs)
    }
    assert.equal(seen.size, 1, [...seen].join(', '))
  })

  it('is not led by one or two dear looks: the one in the middle of five counts', () => {
    const pace = settled(100)
    for (const costMs of [9_000, 2_000]) pace.record(costMs, true)
    assert.equal(pace.intervalMs, watchedMs)
    pace.record(500, true)
    assert.equal(pace.intervalMs, 12_000)
  })

  it('follows a watcher at once, as far as the cost lets it', () => {
    const pace = settled(20, false)
    assert.equal(pace.soonestMs, watchedMs)
    pace.record(20, true)
    assert.equal(pace.intervalMs, watchedMs)
    assert.equal(settled(400, false).soonestMs, 8_000)
  })
})
