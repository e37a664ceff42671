import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFiltered, taskQuery } from './task-filter.ts'

test('the address becomes the question', () => {
  assert.deepEqual(taskQuery({ state: 'stuck', live: true, who: 'lena', page: 3 }), {
    ...{ state: 'stuck', live: 'true', who: 'lena', limit: '50', offset: '100' },
  })
  assert.deepEqual(taskQuery({ state: 'nonsense', page: -4 }), { limit: '50', offset: '0' })
})

test('a page is no filter', () => {
  assert.equal(isFiltered({ page: 2 }), false)
  assert.equal(isFiltered({ subject: 'guest:1' }), true)
})
