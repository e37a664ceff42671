import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, blockName, blockNamed, blockOf, blocksOf, numberOf, sizeOf } from './addresses.ts'

test('addresses are numbers and back', () => {
  for (const address of ['0.0.0.0', '10.0.0.1', '192.168.255.254', '255.255.255.255'])
    assert.equal(addressOf(numberOf(address)), address)
  assert.equal(numberOf('10.0.1.0') - numberOf('10.0.0.0'), 256)
})

test('a range falls into parts at round addresses', () => {
  const range = blockOf({ start: '10.0.0.100', end: '10.0.2.50' })
  assert.deepEqual(blocksOf(range).map(blockName), [
    ...['10.0.0.100 – 10.0.0.255', '10.0.1.0 – 10.0.1.255', '10.0.2.0 – 10.0.2.50'],
  ])
})

test('a huge range has a bounded number of parts, which hold all of it', () => {
  const range = blockOf({ start: '10.0.0.1', end: '10.255.255.254' })
  const blocks = blocksOf(range)
  assert.ok(blocks.length <= 257, String(blocks.length))
  assert.equal(
    blocks.reduce((sum, block) => sum + sizeOf(block), 0),
    sizeOf(range),
  )
})

test('only a part of the range itself is named', () => {
  const range = blockOf({ start: '10.0.0.1', end: '10.0.3.254' })
  const [first] = blocksOf(range)
  assert.deepEqual(blockNamed(`${first?.first}-${first?.last}`, range), first)
  for (const text of [undefined, '', 'x-y', '0-5', `${range.last}-${range.first}`])
    assert.equal(blockNamed(text, range), undefined)
})
