import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeReserve, type ReserveFacts } from './reserve.ts'

const mib = 2 ** 20
const facts: ReserveFacts = {
  directory: '/var/lib/nacelle',
  exists: true,
  totalBytes: 2 ** 40,
  freeBytes: 2 ** 36,
  heldBytes: 64 * mib,
  running: true,
}

const cases: [Partial<ReserveFacts>, string, RegExp][] = [
  [{}, 'ok', /64 MiB are kept back/],
  [{ exists: false, heldBytes: 0 }, 'ok', /first start/],
  [{ heldBytes: 0, freeBytes: 12 * mib }, 'error', /12 MiB free.*read-only/],
  [{ heldBytes: 0, freeBytes: 12 * mib, running: false }, 'error', /read-only/],
  [{ heldBytes: 0, freeBytes: 100 * mib }, 'error', /read-only until 192 MiB are free/],
  [{ heldBytes: 0, freeBytes: 100 * mib, running: false }, 'ok', /next start/],
  [{ heldBytes: 0 }, 'warning', /not there yet/],
]

for (const [change, state, words] of cases)
  test(`reserve, ${JSON.stringify(change)}: ${state}`, () => {
    const verdict = judgeReserve({ ...facts, ...change })
    assert.equal(verdict.state, state)
    assert.match(verdict.detail, words)
    assert.equal(verdict.mend === null, state === 'ok')
  })
