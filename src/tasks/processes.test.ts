import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openTestDatabase } from '../../test/support/database.ts'
import { task, taskProcess } from '../db/cell-schema.ts'
import type { Database } from '../zone/zone.ts'
import { currentTask, processObserver } from './current.ts'
import type { TaskRow } from './journal.ts'
import { startTimeOf, TaskProcesses } from './processes.ts'

const silent = () => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }
const insertTask = (db: Database, id: string, state: TaskRow['state']) =>
  db
    .insert(task)
    .values({
      ...{ id, state, kind: 'k', subject: 's', title: 'T', params: {}, locks: { shared: [], exclusive: [] } },
      ...{
        step: null,
        progress: 0,
        result: null,
        error: null,
        cancelRequested: false,
        who: 'w',
        requestId: 'r',
      },
      ...{ queuedUntil: null, callback: null, createdAt: 0, startedAt: 0, finishedAt: null },
    })
    .run()
const sleeper = () => spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })

it('processes of a step are recorded, forgotten when they end, and ended by a restart', async () => {
  const database = openTestDatabase()
  const processes = new TaskProcesses(database.db, log)
  insertTask(database.db, 't', 'running')
  const rows = () => database.db.select().from(taskProcess).all()
  const recorded = async (count: number) => {
    for (let n = 0; n < 500 && rows().length !== count; n++) await delay(1)
    assert.equal(rows().length, count)
  }
  const first = sleeper()
  const second = sleeper()
  const stranger = sleeper()
  processObserver.onSpawn(stranger.pid!)
  currentTask.run({ taskId: 't', step: 's', processes }, () => {
    processObserver.onSpawn(first.pid!)
    processObserver.onSpawn(second.pid!)
  })
  await recorded(2)

  first.kill()
  await once(first, 'exit')
  processObserver.onExit(first.pid!)
  processObserver.onExit(stranger.pid!)
  await recorded(1)

  // A pid that was given to somebody else since then.
  database.db.insert(taskProcess).values({ task: 't', pid: stranger.pid!, startTime: '1/another-boot' }).run()
  const killed = once(second, 'exit')
  await new TaskProcesses(database.db, log).end('t')
  await killed
  assert.equal(await startTimeOf(second.pid!), undefined)
  assert.ok(await startTimeOf(stranger.pid!))
  assert.equal(rows().length, 0)
  stranger.kill()
  database.close()
})

it('a process that outlives its task is not kept, and rows of ended tasks go at the next start', async () => {
  const database = openTestDatabase()
  const processes = new TaskProcesses(database.db, log)
  const rows = () => database.db.select().from(taskProcess).all()
  const late = sleeper()
  insertTask(database.db, 'ended', 'done')
  insertTask(database.db, 'waits', 'stuck')
  processes.record('ended', late.pid!)
  await delay(100)
  assert.equal(rows().length, 0)
  for (const [pid, id] of ['ended', 'waits', 'removed'].entries())
    database.db.insert(taskProcess).values({ task: id, pid, startTime: '1/boot' }).run()
  processes.sweep()
  assert.deepEqual(
    rows().map((row) => row.task),
    ['waits'],
  )
  late.kill()
  database.close()
})
