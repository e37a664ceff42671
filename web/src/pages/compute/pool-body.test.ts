import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeBody, createBody, guestNumbers, partsOf } from './pool-body.ts'

const pool = {
  ...{ name: 'default', enabled: true, cells: 1, network: 'default', storage: 'local' },
  ...{ failover: false, network_mode: 'share' },
}

test('a new pool names its cells, and nothing as nothing', () => {
  const parts = { ...partsOf(pool), network: '' }
  assert.deepEqual(createBody(parts, ['one']), {
    ...{ network_mode: 'share', network: null, storage: 'local', failover: false, cells: ['one'] },
  })
})

test('a change says only what is otherwise', () => {
  const before = partsOf(pool)
  assert.deepEqual(changeBody(before, before), {})
  assert.deepEqual(changeBody(before, { ...before, network_mode: 'plain', network: '' }), {
    ...{ network_mode: 'plain', network: null },
  })
})

test('guests are counted from the lists of the original', () => {
  assert.deepEqual(guestNumbers([2, 5, 1, 0]), { running: 5, all: 8, lost: 1 })
  assert.deepEqual(guestNumbers([]), { running: 0, all: 0, lost: 0 })
})
