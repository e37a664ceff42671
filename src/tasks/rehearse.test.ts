import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../../test/support/database.ts'
import { AppError } from '../core/errors.ts'
import { TaskRunner } from './runner.ts'
import type { Saga } from './saga.ts'

const silent = () => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }

test('a task is rehearsed without being run: the locks, the check, then the steps in words', async (t) => {
  const database = openTestDatabase()
  const runner = new TaskRunner({ db: database.db, log })
  t.after(async () => {
    await runner.stop()
    database.close()
  })
  const did: string[] = []
  let refuses = false
  const held = Promise.withResolvers<void>()
  const saga = (kind: string, run: () => Promise<void>): Saga<unknown> => ({
    kind,
    title: () => `Do ${kind}`,
    check() {
      if (refuses) throw new AppError('conflict', 'no')
    },
    steps: [{ name: 'one', describe: (params) => [{ effect: `one with ${JSON.stringify(params)}` }], run }],
  })
  runner.define(saga('a', async () => void did.push('a')))
  runner.define(saga('long', () => held.promise))
  const locks = { exclusive: ['s'] }
  const rehearsal = { kind: 'a', params: { x: 1 }, locks }
  const steps = [{ step: 'one', effects: [{ effect: 'one with {"x":1}' }] }]
  assert.deepEqual(await runner.rehearse(rehearsal), steps)
  refuses = true
  await assert.rejects(runner.rehearse(rehearsal), { code: 'conflict' })
  refuses = false
  const holder = runner.start({ kind: 'long', subject: 's', params: {}, locks, who: 'alice', requestId: 'r' })
  await assert.rejects(runner.rehearse(rehearsal), { code: 'busy' })
  const [wait, ...rest] = await runner.rehearse({ ...rehearsal, waitMs: 3_000 })
  assert.match(JSON.stringify(wait), /"wait".*wait for at most 3 s: s is in use by 'Do long'/)
  assert.deepEqual(rest, steps)
  held.resolve()
  await holder
  assert.deepEqual(did, [])
  assert.equal(runner.list({ kind: 'a', limit: 9 }).total, 0)
})
