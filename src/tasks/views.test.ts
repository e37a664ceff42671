import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../../test/support/database.ts'
import { quietLog } from '../../test/support/quiet-log.ts'
import { TaskRunner } from './runner.ts'

test('tasks are listed by filter and page, newest first', async (t) => {
  const database = openTestDatabase()
  const runner = new TaskRunner({ db: database.db, log: quietLog() })
  t.after(async () => {
    await runner.stop()
    database.close()
  })
  runner.define({
    kind: 'a',
    title: () => 'Do a',
    steps: [{ name: 'one', describe: () => [], run: async () => undefined }],
  })
  const ids: string[] = []
  for (const who of ['alice', 'bob', 'alice']) {
    const request = { kind: 'a', subject: 'thing:1', params: {}, locks: {}, who, requestId: 'r1' }
    const { id } = await runner.start(request)
    await runner.wait(id, 5_000)
    ids.unshift(id)
  }
  const page = (offset: number, limit: number) => runner.list({ limit, offset }).tasks.map(({ id }) => id)
  assert.deepEqual(page(0, 2), ids.slice(0, 2))
  assert.deepEqual(page(2, 5), ids.slice(2))
  assert.equal(runner.list({ limit: 5, who: 'alice' }).total, 2)
  assert.equal(runner.list({ limit: 5, live: true }).total, 0)
})
