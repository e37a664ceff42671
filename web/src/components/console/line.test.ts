import assert from 'node:assert/strict'
import { beforeEach, describe, it, mock } from 'node:test'
import { createLine, type LineEvents, type LineState } from './line.ts'

const settle = async () => {
  for (let n = 0; n < 5; n++) await Promise.resolve()
}

function openLine(isExclusive = false) {
  const states: LineState[] = []
  const attempts: { events: LineEvents; isClosed: boolean }[] = []
  const refusals: unknown[] = []
  const line = createLine({
    isExclusive,
    tell: (state) => states.push(state),
    isPassing: (error) => error === 'passing',
    reasonOf: String,
    async connect(events) {
      const refusal = refusals.shift()
      if (refusal !== undefined) throw refusal
      const attempt = { events, isClosed: false }
      attempts.push(attempt)
      const close = () => {
        attempt.isClosed = true
      }
      return { close }
    },
  })
  return { line, states, attempts, refusals, kinds: () => states.map(({ kind }) => kind) }
}

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout', 'Date'] })
})

describe('the line of a console', () => {
  it('connects when the guest runs, and ends with it', async () => {
    const { line, attempts, kinds } = openLine()
    line.setRunning(true)
    await settle()
    attempts[0]?.events.onOpen()
    line.setRunning(false)
    assert.deepEqual(kinds(), ['connecting', 'open', 'off'])
    assert.equal(attempts[0]?.isClosed, true)
    line.setRunning(true)
    await settle()
    assert.equal(attempts.length, 2)
  })

  it('says from the beginning that the guest is off', () => {
    const { line, kinds } = openLine()
    line.setRunning(false)
    assert.deepEqual(kinds(), ['off'])
  })

  it('takes a new channel when the stream breaks, each time later', async () => {
    const { line, states, attempts } = openLine()
    line.setRunning(true)
    await settle()
    for (const wanted of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      attempts.at(-1)?.events.onEnd({ code: 1006, reason: '' })
      assert.deepEqual(states.at(-1), { kind: 'broken', reason: '', retryInMs: wanted })
      const before = attempts.length
      mock.timers.tick(wanted - 1)
      await settle()
      assert.equal(attempts.length, before)
      mock.timers.tick(1)
      await settle()
      assert.equal(attempts.length, before + 1)
    }
  })

  it('begins with short breaks again after a connection that held', async () => {
    const { line, states, attempts } = openLine()
    line.setRunning(true)
    await settle()
    attempts[0]?.events.onEnd({ code: 1001, reason: 'the appliance stops' })
    mock.timers.tick(500)
    await settle()
    attempts[1]?.events.onOpen()
    mock.timers.tick(6000)
    attempts[1]?.events.onEnd({ code: 1001, reason: 'the appliance stops' })
    assert.deepEqual(states.at(-1), { kind: 'broken', reason: 'the appliance stops', retryInMs: 500 })
  })

  it('tries again what passes, and gives up at what does not', async () => {
    const { line, states, refusals } = openLine()
    refusals.push('passing', 'no')
    line.setRunning(true)
    await settle()
    assert.deepEqual(states.at(-1), { kind: 'broken', reason: 'passing', retryInMs: 500 })
    mock.timers.tick(500)
    await settle()
    assert.deepEqual(states.at(-1), { kind: 'refused', error: 'no' })
    mock.timers.tick(60_000)
    await settle()
    assert.equal(states.at(-1)?.kind, 'refused')
    line.reconnect()
    await settle()
    assert.equal(states.at(-1)?.kind, 'connecting')
  })

  it('does not take an exclusive console back by itself', async () => {
    const { line, kinds, attempts } = openLine(true)
    line.setRunning(true)
    await settle()
    attempts[0]?.events.onOpen()
    attempts[0]?.events.onEnd({ code: 1000, reason: 'the console has ended' })
    mock.timers.tick(60_000)
    await settle()
    assert.deepEqual(kinds(), ['connecting', 'open', 'connecting', 'taken'])
    assert.equal(attempts.length, 1)
    line.reconnect()
    await settle()
    assert.equal(attempts.length, 2)
  })

  it('says that the guest is off, and not that the console was taken', async () => {
    const { line, kinds, attempts } = openLine(true)
    line.setRunning(true)
    await settle()
    attempts[0]?.events.onEnd({ code: 1000, reason: 'the console has ended' })
    line.setRunning(false)
    mock.timers.tick(60_000)
    assert.deepEqual(kinds(), ['connecting', 'connecting', 'off'])
  })

  it('lets go of a connection that comes too late', async () => {
    const { line, attempts } = openLine()
    line.setRunning(true)
    line.close()
    await settle()
    assert.equal(attempts[0]?.isClosed, true)
  })
})
