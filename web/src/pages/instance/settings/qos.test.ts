import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedRates, diskOperations, diskRates, networkRates, qosOf } from './qos.ts'

test('a limit that is not told is none', () => {
  const qos = qosOf({ qos: { cpu_priority: 'low', read_speed: 1000 } })
  assert.equal(qos.priority, 'low')
  assert.deepEqual([qos.rates.read_speed, qos.rates.write_speed], [1000, 0])
})

test('only what has changed is sent, to the resource that it belongs to', () => {
  const before = qosOf({ qos: { cpu_priority: 'high', read_speed: 1000, max_io: 5 } })
  const after = { ...before, rates: { ...before.rates, max_io: 0, send_speed: 7 } }
  assert.deepEqual(changedRates(before, after, [...diskRates, ...diskOperations]), { max_io: 0 })
  assert.deepEqual(changedRates(before, after, networkRates), { send_speed: 7 })
  assert.equal(changedRates(before, before, networkRates), undefined)
})
