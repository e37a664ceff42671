import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkPorts, chooseHostPorts } from './ports.ts'

describe('forwarded ports', () => {
  test('the same port if it is free, else the next', () => {
    assert.deepEqual(chooseHostPorts([22, 80], new Set([22, 23])), [
      { guest: 22, host: 24 },
      { guest: 80, host: 80 },
    ])
  })

  test('two ports of one guest never share a host port', () => {
    assert.deepEqual(chooseHostPorts([80, 81], new Set([80])), [
      { guest: 80, host: 81 },
      { guest: 81, host: 82 },
    ])
  })

  test('past the last port the search goes on below', () => {
    assert.deepEqual(chooseHostPorts([65535], new Set([65535])), [{ guest: 65535, host: 1024 }])
  })

  test('a port that is none is named', () => {
    for (const bad of [0, 65536, 1.5, Number.NaN])
      assert.throws(() => checkPorts([80, bad]), { code: 'invalid', field: 'ports[1]' })
    assert.throws(() => checkPorts([80, 80]), { code: 'invalid', field: 'ports[1]' })
  })
})
