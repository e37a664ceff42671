import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDiskFull, writeInRoom } from './full-disk.ts'

const full = () => Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })

test('a full disk is known by its code, wrapped or not', () => {
  assert.ok(isDiskFull(full()))
  assert.ok(isDiskFull(new Error('query failed', { cause: full() })))
  assert.ok(!isDiskFull(Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' })))
  assert.ok(!isDiskFull('SQLITE_FULL'))
})

test('a write is tried again once room was made, and only then', () => {
  let attempts = 0
  const write = () => {
    attempts++
    if (attempts === 1) throw full()
    return 'written'
  }
  assert.equal(
    writeInRoom(write, () => true),
    'written',
  )
  const always = () => {
    throw full()
  }
  assert.throws(() => writeInRoom(always, () => true), /disk is full/)
  assert.throws(() => writeInRoom(always, () => false), /disk is full/)
  assert.throws(() => writeInRoom(always, undefined), /disk is full/)
})
