import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openTestDatabase } from '../../test/support/database.ts'
import { outbox, task, taskEvent } from '../db/cell-schema.ts'
import type { TaskRow } from './journal.ts'
import { sweepTasks } from './retention.ts'

const dayMs = 86_400_000
const now = 1_000 * dayMs

const row = (id: string, state: TaskRow['state'], ageDays: number): TaskRow => ({
  ...{ id, kind: 'a', subject: 's', title: 't', params: {}, state, locks: { shared: [], exclusive: [] } },
  ...{ step: null, progress: 0, result: null, error: null, cancelRequested: false, who: 'w', requestId: 'r' },
  ...{ queuedUntil: null, callback: null, createdAt: now - ageDays * dayMs, startedAt: null },
  finishedAt: state === 'done' || state === 'failed' ? now - ageDays * dayMs : null,
})

it('old finished tasks and the oldest above the number go with their events; live and stuck ones stay', async () => {
  const database = openTestDatabase()
  const { db } = database
  const rows = [
    ...Array.from({ length: 7 }, (_, n) => row(`old${n}`, 'failed', 50 + n)),
    ...Array.from({ length: 5 }, (_, n) => row(`new${n}`, 'done', n)),
    ...(['queued', 'running', 'unwinding', 'stuck'] as const).map((state) => row(state, state, 90)),
  ]
  db.insert(task).values(rows).run()
  const events = rows.map(({ id }) => ({
    task: id,
    seq: 1,
    step: 's',
    event: 'started' as const,
    data: null,
    time: 1,
  }))
  db.insert(taskEvent).values(events).run()
  const message = { task: null, url: 'u', method: 'POST', body: '', headers: {}, attempts: 0, nextAt: 0 }
  const states = ['waiting', 'sent', 'failed'] as const
  for (const state of states)
    db.insert(outbox)
      .values({ ...message, id: state, state, lastError: null, createdAt: 0 })
      .run()

  const options = { db, maxAgeDays: 30, maxTasks: 3, batchSize: 2, clock: () => now }
  assert.equal(await sweepTasks(options), 9)
  assert.equal(await sweepTasks(options), 0)

  const kept = ['new0', 'new1', 'new2', 'queued', 'running', 'stuck', 'unwinding']
  assert.deepEqual(
    db
      .select()
      .from(task)
      .all()
      .map(({ id }) => id)
      .sort(),
    kept,
  )
  assert.deepEqual(
    db
      .select()
      .from(taskEvent)
      .all()
      .map((event) => event.task)
      .sort(),
    kept,
  )
  assert.deepEqual(
    db
      .select()
      .from(outbox)
      .all()
      .map(({ id }) => id),
    ['waiting'],
  )
  database.close()
})
