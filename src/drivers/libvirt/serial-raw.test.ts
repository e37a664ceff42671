import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Terminal } from '../../core/hypervisor.ts'
import { openPty } from '../pty.ts'
import { untilRaw, withoutBanner } from './serial.ts'

test('a terminal is raw when its program has made it so, and not before', async () => {
  const began = performance.now()
  const terminal = openPty('sh', ['-c', 'sleep 0.4; stty raw -echo; sleep 5'], { columns: 80, rows: 24 })
  try {
    await untilRaw(terminal.pid)
    const tookMs = performance.now() - began
    assert.ok(tookMs >= 350 && tookMs < 2000, `${tookMs} ms`)
  } finally {
    terminal.close()
  }
})

test('what is typed before virsh listens arrives afterwards, in order', async () => {
  const written: (string | Uint8Array)[] = []
  const shown: string[] = []
  let tell: (data: string) => void = () => undefined
  const terminal = {
    write: (data: string | Uint8Array) => void written.push(data),
    onData: (listener: (data: string) => void) => {
      tell = listener
    },
  } as unknown as Terminal
  const ready = Promise.withResolvers<void>()
  const own = withoutBanner(terminal, () => ready.promise)
  own.onData((data) => shown.push(data))
  own.write('a')
  tell('Connected to domain\r\nEscape character is ^] (Ctrl + ])\r\nfirst')
  own.write('b')
  assert.deepEqual([written, shown], [[], ['first']])
  ready.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  own.write('c')
  assert.deepEqual(written, ['a', 'b', 'c'])
})
