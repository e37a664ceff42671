import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkPorts, chooseHostPorts, parsePortRange } from './ports.ts'

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

  test('what lies outside the range gets the next free one of it', () => {
    const range = { first: 2000, last: 2003 }
    assert.deepEqual(chooseHostPorts([22, 2001, 65000], new Set([2000]), range), [
      { guest: 22, host: 2001 },
      { guest: 2001, host: 2002 },
      { guest: 65000, host: 2003 },
    ])
  })

  test('a full range is an error that names the field and the range', () => {
    const range = { first: 2000, last: 2001 }
    assert.throws(() => chooseHostPorts([22, 80, 443], new Set(), range), {
      code: 'insufficient_capacity',
      field: 'ports[2]',
      message: /2000 to 2001.*network\.forward_ports/,
    })
  })

  test('a range is two ports in order', () => {
    assert.deepEqual(parsePortRange('1024-65535'), { first: 1024, last: 65535 })
    for (const bad of ['', '80', '0-80', '80-70', '1-65536', 'a-b', '1-2-3'])
      assert.equal(parsePortRange(bad), undefined)
  })

  test('a port that is none is named', () => {
    for (const bad of [0, 65536, 1.5, Number.NaN])
      assert.throws(() => checkPorts([80, bad]), { code: 'invalid', field: 'ports[1]' })
    assert.throws(() => checkPorts([80, 80]), { code: 'invalid', field: 'ports[1]' })
  })
})
