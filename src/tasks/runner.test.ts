import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { sql } from 'drizzle-orm'
import { openTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { AppError } from '../core/errors.ts'
import { TaskRunner, type TaskRunnerOptions } from './runner.ts'
import type { Saga, StartRequest, Step, StepContext, TaskState, TaskView } from './saga.ts'

const silent = () => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }

type Work = (context: StepContext<unknown>) => unknown
interface Told {
  run?: Work
  undo?: Work
  weight?: number
  irreversible?: boolean
}

let database: TestDatabase
let runner: TaskRunner
/** What the steps did, in order. */
let did: string[]

const make = (options: Partial<TaskRunnerOptions> = {}) =>
  new TaskRunner({ db: database.db, log, ...options })

const step = (name: string, { run, undo, ...rest }: Told = {}): Step<unknown> => ({
  name,
  ...rest,
  describe: (params) => [{ effect: `${name} with ${JSON.stringify(params)}` }],
  run: async (context) => {
    did.push(name)
    return run?.(context)
  },
  undo: async (context) => {
    did.push(`undo ${name}`)
    await undo?.(context)
  },
})

const saga = (kind: string, steps: Step<unknown>[], more: Partial<Saga<unknown>> = {}): Saga<unknown> => ({
  kind,
  title: () => `Do ${kind}`,
  steps,
  ...more,
})

const request = (kind: string, more: Partial<StartRequest<unknown>> = {}): StartRequest<unknown> => ({
  kind,
  subject: 'thing:1',
  params: {},
  locks: { exclusive: ['thing:1'] },
  who: 'alice',
  requestId: 'r1',
  ...more,
})

const end = async (kind: string, more: Partial<StartRequest<unknown>> = {}): Promise<TaskView> => {
  const { id } = await runner.start(request(kind, more))
  return runner.wait(id, 5_000)
}

const count = (table: string) =>
  database.db.get<{ n: number }>(sql.raw(`SELECT count(*) AS n FROM ${table}`)).n
const fail = (message = 'it broke'): never => {
  throw new Error(message)
}
const events = (id: string) => runner.events(id).map(({ step: of, event }) => `${of} ${event}`)

/** A step that waits until it is let go, or is aborted. */
function gate() {
  const reached = Promise.withResolvers<void>()
  const open = Promise.withResolvers<void>()
  const pass: Work = async ({ signal }) => {
    reached.resolve()
    const aborted = new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    )
    await Promise.race([open.promise, aborted])
  }
  return { pass, reached: reached.promise, open: open.resolve }
}

beforeEach(() => {
  database = openTestDatabase()
  database.sqlite.pragma('synchronous = OFF')
  did = []
  runner = make()
})

afterEach(async () => {
  await runner.stop()
  database.close()
})

describe('a task', () => {
  it('runs its steps in order, hands outputs on, and tells its result', async () => {
    runner.define(
      saga(
        'a',
        [step('one', { run: () => ({ n: 1 }) }), step('two', { run: ({ outputs }) => outputs['one'] })],
        {
          result: (_params, outputs) => outputs['two'],
        },
      ),
    )
    const view = await end('a')
    assert.equal(view.state, 'done')
    assert.equal(view.progress, 100)
    assert.deepEqual(view.result, { n: 1 })
    assert.deepEqual(events(view.id), ['one started', 'one succeeded', 'two started', 'two succeeded'])
    assert.equal(count('task_lock'), 0)
  })

  it('writes the end of a step and the start of the next in one go', async () => {
    let writes = 0
    runner = make({ hooks: { beforeRecord: () => void writes++ } })
    runner.define(saga('a', [step('one'), step('two'), step('three')]))
    await end('a')
    assert.equal(writes, 4)
  })

  it('is refused without a trace when its reserving step fails', async () => {
    runner.define(
      saga('a', [
        step('one', {
          run: () => {
            throw new AppError('conflict', 'taken')
          },
        }),
        step('two'),
      ]),
    )
    await assert.rejects(runner.start(request('a')), { code: 'conflict', message: 'taken' })
    assert.deepEqual([count('task'), count('task_event'), count('task_lock')], [0, 0, 0])
    assert.deepEqual(did, ['one'])
  })

  it('takes back, last first, what was done before a step failed, and keeps the failing command', async () => {
    const broken = new AppError('unavailable', 'it broke', {
      cause: Object.assign(new Error('exit 1'), { command: 'qemu-img', args: ['create', 'a b'] }),
    })
    const steps = [
      step('one'),
      step('two'),
      step('three', {
        run: () => {
          throw broken
        },
      }),
    ]
    runner.define(saga('a', steps))
    const view = await end('a')
    assert.equal(view.state, 'failed')
    assert.deepEqual(view.error, {
      code: 'unavailable',
      message: 'it broke',
      command: "qemu-img create 'a b'",
    })
    assert.equal(view.step, 'three')
    assert.deepEqual(did, ['one', 'two', 'three', 'undo two', 'undo one'])
  })

  it('tells of each step and of progress by weight', async () => {
    const seen: [TaskState, number][] = []
    runner.define(
      saga('a', [
        step('one'),
        step('two', { weight: 3, run: ({ progress }) => [progress(50), progress(50), progress(20)] }),
      ]),
    )
    runner.subscribe(({ state, progress }) => void seen.push([state, progress]))
    await end('a')
    assert.equal(seen.join(' '), 'running,25 running,62 done,100')
  })

  it('ends superseded, touching nothing more, once its subject has moved', async () => {
    let isHere = true
    const steps = [
      step('one', {
        run: () => {
          isHere = false
        },
      }),
      step('two'),
    ]
    runner.define(saga('a', steps, { current: () => isHere }))
    const view = await end('a')
    assert.equal(view.state, 'superseded')
    assert.deepEqual(did, ['one'])
    assert.equal(count('task_lock'), 0)
  })

  it('does not undo what has moved', async () => {
    let isHere = true
    const steps = [
      step('one'),
      step('two', {
        run: () => {
          isHere = false
          fail()
        },
      }),
    ]
    runner.define(saga('a', steps, { current: () => isHere }))
    assert.equal((await end('a')).state, 'superseded')
    assert.deepEqual(did, ['one', 'two'])
  })
})

describe('a cancel', () => {
  it('aborts the running step and takes back what was done', async () => {
    const { pass, reached } = gate()
    runner.define(saga('a', [step('one'), step('two', { run: pass }), step('three')]))
    const { id } = await runner.start(request('a'))
    await reached
    assert.equal((await runner.cancel(id)).cancelRequested, true)
    const view = await runner.wait(id, 5_000)
    assert.equal(view.state, 'cancelled')
    assert.deepEqual(did, ['one', 'two', 'undo one'])
    await assert.rejects(runner.cancel(id), { code: 'conflict' })
  })

  it('of a step that does not listen unwinds after it', async () => {
    const cancel: Work = ({ taskId }) => runner.cancel(taskId).then(silent)
    runner.define(saga('a', [step('one'), step('two', { run: cancel }), step('three')]))
    assert.equal((await end('a')).state, 'cancelled')
    assert.deepEqual(did, ['one', 'two', 'undo two', 'undo one'])
  })

  it('is refused past the point of no return, where an error makes the task stuck until a retry', async () => {
    const { pass, reached, open } = gate()
    let isBroken = true
    runner.define(
      saga('a', [
        step('one'),
        step('two', { irreversible: true, run: pass }),
        step('three', { run: () => (isBroken ? fail() : undefined) }),
      ]),
    )
    const { id } = await runner.start(request('a'))
    await reached
    await assert.rejects(runner.cancel(id), { code: 'conflict', message: /nothing can be taken back/ })
    open()
    assert.equal((await runner.wait(id, 5_000)).state, 'stuck')
    isBroken = false
    await runner.retry(id)
    assert.equal((await runner.wait(id, 5_000)).state, 'done')
    assert.deepEqual(did, ['one', 'two', 'three', 'three'])
  })
})

describe('a stuck task', () => {
  let isBroken = true
  const stuck = async () => {
    isBroken = true
    const undo = () => (isBroken ? fail('no undo') : undefined)
    runner.define(saga('a', [step('zero'), step('one', { undo }), step('two', { run: () => fail() })]))
    return end('a')
  }

  it('keeps its locks, says what failed, and a retry heals it', async () => {
    const view = await stuck()
    assert.equal(view.state, 'stuck')
    assert.match(view.error!.message, /undo of step 'one' failed: no undo/)
    await assert.rejects(runner.start(request('a')), (error: AppError) => {
      assert.equal(error.code, 'busy')
      const { since, ...rest } = error.details!
      assert.equal(typeof since, 'number')
      assert.deepEqual(rest, { holder: view.id, kind: 'a', title: 'Do a', step: 'one', subject: 'thing:1' })
      return true
    })
    isBroken = false
    await runner.retry(view.id)
    const healed = await runner.wait(view.id, 5_000)
    assert.equal(healed.state, 'failed')
    assert.equal(healed.error!.message, 'it broke')
    assert.equal(count('task_lock'), 0)
    await assert.rejects(runner.retry(view.id), { code: 'conflict' })
  })

  it('goes on past a skipped undo', async () => {
    const { id } = await stuck()
    await runner.skip(id, 'bob')
    assert.equal((await runner.wait(id, 5_000)).state, 'failed')
    assert.deepEqual(did.slice(-2), ['undo one', 'undo zero'])
    assert.deepEqual(runner.events(id).find(({ event }) => event === 'skipped')?.data, { by: 'bob' })
  })

  it('frees its locks when it is abandoned, and keeps its record', async () => {
    const { id } = await stuck()
    assert.equal((await runner.abandon(id, 'bob')).state, 'failed')
    assert.equal(did.at(-1), 'undo one')
    assert.equal(count('task_lock'), 0)
    assert.ok(runner.get(id)?.error)
  })
})

describe('a restart', () => {
  it('goes on after a shutdown that cut a step, without unwinding', async () => {
    const { pass, reached } = gate()
    runner.define(saga('a', [step('one', { run: () => 7 }), step('two', { run: pass })]))
    const { id } = await runner.start(request('a'))
    await reached
    await runner.stop()
    assert.equal(runner.get(id)?.state, 'running')
    runner = make()
    runner.define(saga('a', [step('one'), step('two', { run: ({ outputs }) => outputs['one'] })]))
    assert.equal(await runner.resume(), 1)
    assert.equal((await runner.wait(id, 5_000)).state, 'done')
    assert.deepEqual(did, ['one', 'two', 'two'])
  })

  it('takes nothing up twice when what came after it failed and all is tried again', async () => {
    const [cut, again] = [gate(), gate()]
    runner.define(saga('a', [step('one'), step('two', { run: cut.pass })]))
    const { id } = await runner.start(request('a'))
    await cut.reached
    await runner.stop()
    runner = make()
    runner.define(saga('a', [step('one'), step('two', { run: again.pass })]))
    assert.equal(await runner.resume(), 1)
    await again.reached
    assert.equal(await runner.resume(), 0)
    again.open()
    assert.equal((await runner.wait(id, 5_000)).state, 'done')
    assert.equal(did.filter((name) => name === 'two').length, 2)
  })

  it('leaves a task of an unknown kind stuck, never passed over', async () => {
    const { pass, reached } = gate()
    runner.define(saga('a', [step('one'), step('two', { run: pass })]))
    const { id } = await runner.start(request('a'))
    await reached
    await runner.stop()
    runner = make()
    await runner.resume()
    assert.equal(runner.get(id)?.state, 'stuck')
    assert.equal(count('task_lock'), 1)
    await assert.rejects(runner.retry(id), { code: 'conflict', message: /does not know/ })
    runner.define(saga('a', [step('one'), step('two')]))
    await runner.retry(id)
    assert.equal((await runner.wait(id, 5_000)).state, 'done')
  })

  it('is not needed when the journal could not be written for a moment: the task is taken up again', async () => {
    let writes = 0
    const beforeRecord = () => (++writes === 2 ? fail('database or disk is full') : undefined)
    runner = make({ reviveDelayMs: 1, hooks: { beforeRecord } })
    runner.define(saga('a', [step('one'), step('two')]))
    await assert.rejects(runner.start(request('a')), /disk is full/)
    const { id } = runner.list({ limit: 1 }).tasks[0]!
    assert.equal((await runner.wait(id, 5_000)).state, 'done')
    assert.deepEqual(did, ['one', 'one', 'two'])
  })
})

describe('the steps of different tasks', () => {
  it('run side by side up to the limit; reserving steps run at once', async () => {
    runner = make({ concurrency: 2 })
    let running = 0
    let most = 0
    const busy: Work = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
    }
    runner.define(saga('a', [step('one'), step('two', { run: busy })]))
    const views = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        runner.start(request('a', { locks: { exclusive: [`thing:${n}`] } })),
      ),
    )
    await Promise.all(views.map(({ id }) => runner.wait(id, 5_000)))
    assert.equal(most, 2)
  })
})

describe('waiting for a task', () => {
  it('gives up after the time-out while the task goes on', async () => {
    const { pass, reached, open } = gate()
    runner.define(saga('a', [step('one'), step('two', { run: pass })]))
    const { id } = await runner.start(request('a'))
    await reached
    await assert.rejects(runner.wait(id, 1), { code: 'unavailable' })
    open()
    assert.equal((await runner.wait(id, 5_000)).state, 'done')
    await assert.rejects(runner.wait('none', 1), { code: 'not_found' })
  })
})
