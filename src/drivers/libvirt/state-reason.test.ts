import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEvent } from './events.ts'
import { parseFullDisks, parseStateReason } from './state-reason.ts'

test('a state and its reason are told apart', () => {
  for (const [out, state, reason] of [
    ['paused (I/O error)\n\n', 'paused', 'I/O error'],
    ['paused (user)\n', 'paused', 'user'],
    ['running (unpaused)', 'running', 'unpaused'],
    ['shut off (unknown)', 'stopped', 'unknown'],
    ['running', 'running', ''],
  ] as const)
    assert.deepEqual(parseStateReason(out), { state, reason })
  assert.throws(() => parseStateReason('tired (of it)'), /unknown domain state/)
})

test('only disks without space count as full', () => {
  assert.deepEqual(parseFullDisks('vda: no space\nvdb: unspecified error\nvdc: no space\n'), ['vda', 'vdc'])
  assert.deepEqual(parseFullDisks('No errors found\n'), [])
})

test("libvirt's event of a full pool names its reason", () => {
  const line =
    "2026-01-01 00:00:00.000+0000: event 'io-error-reason' for domain 'g.web': /p/d (virtio-disk0) pause due to enospc"
  assert.deepEqual(parseEvent(line), {
    domain: 'g.web',
    kind: 'io-error',
    detail: '/p/d (virtio-disk0) pause due to enospc',
  })
})
