import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openPty } from './pty.ts'

const size = { columns: 80, rows: 24 }

describe('a terminal', () => {
  it('carries bytes both ways, half characters too, and knows its size', async () => {
    const terminal = openPty(
      'sh',
      ['-c', 'stty -echo; read one; echo "got $one"; stty size; read two; stty size'],
      size,
    )
    let shown = ''
    terminal.onData((data) => {
      shown += data
    })
    const ended = new Promise<void>((resolve) => terminal.onExit(resolve))
    const bytes = Buffer.from('é\n')
    terminal.write(bytes.subarray(0, 1))
    await delay(50)
    terminal.write(bytes.subarray(1))
    while (!shown.includes('24 80')) await delay(10)
    terminal.resize(132, 43)
    terminal.write('on\n')
    await ended
    assert.match(shown, /got é/)
    assert.match(shown, /43 132/)
    terminal.write('too late')
    terminal.resize(10, 10)
    terminal.close()
  })

  it('hangs up its program when closed', async () => {
    const terminal = openPty('sleep', ['1000'], size)
    const exit = new Promise<void>((resolve) => terminal.onExit(resolve))
    terminal.close()
    await exit
  })
})
