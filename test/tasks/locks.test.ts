import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { taskLock } from '../../src/db/cell-schema.ts'
import { TaskRunner } from '../../src/tasks/runner.ts'
import type { LockRequest, Saga, TaskView } from '../../src/tasks/saga.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

const silent = () => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }

interface Held {
  locks: LockRequest
  turns: number
}

let database: TestDatabase
let runner: TaskRunner
/** What the running tasks hold, as they see it themselves. */
let holding: Set<LockRequest>
let order: string[]

const clashes = (a: LockRequest, b: LockRequest) => {
  const all = (locks: LockRequest) => [...(locks.shared ?? []), ...(locks.exclusive ?? [])]
  return (
    (a.exclusive ?? []).some((subject) => all(b).includes(subject)) ||
    (b.exclusive ?? []).some((subject) => all(a).includes(subject))
  )
}

/** Enters, stays some turns of the loop, leaves; violations throw. */
const stay: Saga<Held & { name?: string }> = {
  kind: 'stay',
  title: ({ name }) => `Stay ${name}`,
  steps: [
    { name: 'enter', describe: () => [], run: async ({ params }) => void order.push(params.name ?? '') },
    {
      name: 'stay',
      describe: () => [],
      run: async ({ params }) => {
        for (const other of holding)
          assert.ok(!clashes(other, params.locks), 'two hold what excludes each other')
        holding.add(params.locks)
        for (let n = 0; n < params.turns; n++) await turn()
        holding.delete(params.locks)
      },
    },
  ],
}

const begin = (
  locks: LockRequest,
  more: { waitMs?: number; name?: string; turns?: number; signal?: AbortSignal } = {},
) =>
  runner.start({
    kind: 'stay',
    subject: 'x',
    params: { locks, turns: more.turns ?? 3, name: more.name ?? '' },
    locks,
    who: 'alice',
    requestId: 'r',
    waitMs: more.waitMs ?? 0,
    signal: more.signal,
  })

const ended = async (views: TaskView[]) => {
  for (const { id } of views) assert.equal((await runner.wait(id, 10_000)).state, 'done')
}

/** A small generator, so that a failure can be repeated. */
function random(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const newRunner = () => {
  runner = new TaskRunner({ db: database.db, log })
  runner.define(stay)
}

beforeEach(() => {
  database = openTestDatabase()
  database.sqlite.pragma('synchronous = OFF')
  holding = new Set()
  order = []
  newRunner()
})

afterEach(async () => {
  await runner.stop()
  database.close()
})

describe('locks', () => {
  for (const seed of [1, 2, 3])
    it(`exclude, and let everybody in at last, whatever is asked for (seed ${seed})`, async () => {
      const pick = random(seed)
      const subjects = ['a', 'b', 'c', 'd']
      const wanted = Array.from({ length: 60 }, (): LockRequest => {
        const chosen = subjects.filter(() => pick(2) === 0)
        return pick(2) === 0 ? { shared: chosen } : { exclusive: chosen.slice(0, 2), shared: chosen.slice(2) }
      })
      const started = wanted.map((locks) => begin(locks, { waitMs: 10_000, turns: pick(4) }))
      await ended(await Promise.all(started))
      assert.equal(holding.size, 0)
      assert.equal(database.db.select().from(taskLock).all().length, 0)
    })

  it('are shared by a hundred at once', async () => {
    const views = await Promise.all(
      Array.from({ length: 100 }, () => begin({ shared: ['image:1'] }, { turns: 200 })),
    )
    assert.equal(database.db.select().from(taskLock).all().length, 100)
    await assert.rejects(begin({ exclusive: ['image:1'] }), { code: 'busy' })
    await ended(views)
  })

  it('are taken all or none', async () => {
    const first = await begin({ exclusive: ['b'] }, { turns: 50 })
    await assert.rejects(begin({ exclusive: ['a', 'b'] }), { code: 'busy' })
    const second = await begin({ exclusive: ['a'] })
    await ended([first, second])
  })

  it('do not starve who waits for an exclusive one: later shared ones stand behind it', async () => {
    const first = await begin({ shared: ['a'] }, { name: 'reader', turns: 20 })
    const writer = begin({ exclusive: ['a'] }, { name: 'writer', waitMs: 5_000 })
    const late = begin({ shared: ['a'] }, { name: 'late reader', waitMs: 5_000 })
    await assert.rejects(begin({ shared: ['a'] }), { code: 'busy' })
    const stranger = await begin({ exclusive: ['b'] }, { name: 'stranger' })
    await ended([first, stranger, await writer, await late])
    assert.deepEqual(order, ['reader', 'stranger', 'writer', 'late reader'])
  })

  it('are not waited for longer than asked, and then no task remains', async () => {
    const first = await begin({ exclusive: ['a'] }, { turns: 2_000 })
    await assert.rejects(begin({ shared: ['a'] }, { waitMs: 2 }), { code: 'busy', message: /Stay/ })
    assert.equal(runner.list({ limit: 9 }).total, 1)
    await ended([first])
  })

  it('are not waited for by a caller who has gone', async () => {
    const first = await begin({ exclusive: ['a'] }, { turns: 50 })
    const gone = new AbortController()
    const waiting = begin({ exclusive: ['a'] }, { waitMs: 5_000, signal: gone.signal })
    await turn()
    gone.abort(new Error('gone'))
    await assert.rejects(waiting, /gone/)
    assert.equal(runner.list({ limit: 9 }).total, 1)
    await ended([first])
  })

  it('are no longer waited for by a task that was cancelled in the line', async () => {
    const first = await begin({ exclusive: ['a'] }, { turns: 50 })
    const waiting = begin({ exclusive: ['a'] }, { waitMs: 5_000 })
    await turn()
    const [queued] = runner.list({ state: 'queued', limit: 1 }).tasks
    const refused = assert.rejects(waiting, { code: 'conflict' })
    assert.deepEqual(
      [runner.waitsFor(queued!.id)?.task.id, runner.waitsFor(queued!.id)?.subject],
      [(await first).id, 'a'],
    )
    assert.equal(runner.waitsFor((await first).id), undefined)
    assert.equal((await runner.cancel(queued!.id)).state, 'cancelled')
    assert.equal(runner.waitsFor(queued!.id), undefined)
    await refused
    await ended([first])
  })

  it('survive a restart, and so does the line before them, without the callers', async () => {
    const crash = new TaskRunner({
      db: database.db,
      log,
      reviveDelayMs: 1e6,
      hooks: {
        beforeRecord: ({ entries }) => assert.ok(!entries.some(({ event }) => event === 'succeeded')),
      },
    })
    crash.define(stay)
    runner = crash
    const first = begin({ exclusive: ['a'] }, { name: 'first' })
    const lost = begin({ exclusive: ['a'] }, { name: 'second', waitMs: 60_000 })
    lost.catch(silent)
    await assert.rejects(first)
    const rows = runner.list({ limit: 9 }).tasks
    newRunner()
    assert.ok(runner.holder('a'))
    await runner.resume()
    await ended(rows)
    assert.deepEqual(order, ['first', 'first', 'second'])
    await crash.stop()
  })
})
