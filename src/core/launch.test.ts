import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StartRequest, Tasks } from '../tasks/saga.ts'
import { type Log, systemContext } from './context.ts'
import { launch } from './launch.ts'

const silent = () => undefined
const log: Log = { debug: silent, info: silent, warn: silent, error: silent, child: () => log }

test('a task that stands in line hears that its caller has gone', async () => {
  const caller = new AbortController()
  let asked: StartRequest<unknown> | undefined
  const start = async (request: StartRequest<unknown>) => {
    asked = request
    return { id: 'x' }
  }
  const request = { kind: 'k', subject: 's', params: {}, locks: {}, settleMs: 0 }
  await launch(systemContext(log, caller.signal), { start } as unknown as Tasks, request)
  caller.abort()
  assert.equal(asked?.signal?.aborted, true)
})
