import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyOf, movedTo } from './rules.ts'

test('a rule gets another place, and none beyond the ends', () => {
  assert.deepEqual(movedTo(['a', 'b', 'c'], 0, 2), ['b', 'c', 'a'])
  assert.deepEqual(movedTo(['a', 'b', 'c'], 2, 0), ['c', 'a', 'b'])
  assert.deepEqual(movedTo(['a', 'b'], 1, 2), ['a', 'b'])
  assert.deepEqual(movedTo(['a', 'b'], 0, -1), ['a', 'b'])
})

test('what an answer leaves out of a rule is empty in a request', () => {
  assert.deepEqual(bodyOf({ action: 'reject', protocol: 'udp', to_port: 53 }), {
    ...{ action: 'reject', protocol: 'udp', from_address: null, to_address: null, to_port: 53 },
  })
})
