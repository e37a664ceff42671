import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterKey, bounded, leastPx, mostPx } from './drawer-size.ts'

test('the drawer leaves room for the page, and is never too low to read', () => {
  assert.equal(bounded(5_000, 1_000), 600)
  assert.equal(bounded(1, 1_000), leastPx)
  assert.equal(mostPx(100), leastPx)
})

test('keys on the handle move it by steps, and to its ends', () => {
  assert.equal(afterKey('ArrowUp', 240, 1_000), 264)
  assert.equal(afterKey('ArrowDown', 240, 1_000), 216)
  assert.equal(afterKey('Home', 240, 1_000), 600)
  assert.equal(afterKey('End', 240, 1_000), leastPx)
  assert.equal(afterKey('a', 240, 1_000), undefined)
})
