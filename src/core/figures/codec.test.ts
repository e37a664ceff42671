import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteSink, ByteSource, codeOf, readColumn, valueOfCode, writeColumn } from './codec.ts'

function there(values: readonly number[]): { bytes: Uint8Array; back: Float64Array } {
  const sink = new ByteSink()
  writeColumn(sink, values)
  const bytes = sink.take()
  const back = new Float64Array(values.length)
  const source = new ByteSource(bytes)
  readColumn(source, back)
  assert.ok(source.ended)
  return { bytes, back }
}

describe('columns of figures', () => {
  it('keep small whole numbers exactly and large ones to 1 in 500', () => {
    for (let value = 0; value < 512; value++) assert.equal(valueOfCode(codeOf(value)), value)
    for (let value = 512; value < 2 ** 60; value = Math.ceil(value * 1.0007)) {
      const back = valueOfCode(codeOf(value))
      assert.ok(Math.abs(back - value) <= value / 500, `${value} came back as ${back}`)
    }
    for (let power = 9; power < 60; power++)
      for (const value of [2 ** power - 1, 2 ** power, 2 ** power + 1])
        assert.ok(Math.abs(valueOfCode(codeOf(value)) - value) <= value / 500)
  })

  it('rise with their values, so that differences stay small', () => {
    let last = -1
    for (let value = 0; value < 1e9; value = Math.ceil(value * 1.01 + 1)) {
      assert.ok(codeOf(value) > last)
      last = codeOf(value)
    }
  })

  it('hold gaps anywhere', () => {
    const gap = Number.NaN
    for (const values of [[gap], [gap, gap, 5], [5, gap, 5], [0, 0, gap, gap, 1e12, 1e12, 0], []])
      assert.deepEqual(
        [...there(values).back],
        values.map((value) => valueOfCode(codeOf(value))),
      )
  })

  it('come back whatever they are', () => {
    let seed = 7
    const random = () => {
      seed = (seed * 48271) % 2147483647
      return seed / 2147483647
    }
    for (let round = 0; round < 300; round++) {
      const values = Array.from({ length: 1 + Math.floor(random() * 90) }, () => {
        const kind = random()
        if (kind < 0.2) return Number.NaN
        return kind < 0.5 ? 0 : Math.floor(random() ** 6 * 2 ** 50)
      })
      const { back } = there(values)
      assert.deepEqual(
        [...back],
        values.map((value) => valueOfCode(codeOf(value))),
      )
    }
  })

  it('of what stays the same cost a few bytes', () => {
    assert.ok(there(Array.from({ length: 360 }, () => 4096)).bytes.length <= 6)
    assert.ok(there(Array.from({ length: 360 }, () => Number.NaN)).bytes.length <= 3)
  })

  it('that were cut are told of', () => {
    const { bytes } = there([1e9, 5, 1e6])
    for (let length = 0; length < bytes.length; length++)
      assert.throws(
        () => readColumn(new ByteSource(bytes.slice(0, length)), new Float64Array(3)),
        /in the middle/,
      )
    assert.throws(() => new ByteSource(bytes).take(bytes.length + 1), /in the middle/)
  })
})
