import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openTestDatabase } from '../../test/support/database.ts'
import { renderError } from '../http/nano/errors.ts'
import { TaskRunner } from '../tasks/runner.ts'
import type { StartRequest, Tasks } from '../tasks/saga.ts'
import { type Log, type OperationContext, systemContext } from './context.ts'
import { AppError } from './errors.ts'
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

/** As the one of drivers/exec.ts. */
class CommandFailed extends Error {
  readonly command = 'virsh'
  readonly args = ['define', '/dev/fd/3']
  readonly stderr = 'error: XML error: secret-path\n'
}

const as = (name: string, ...permissions: string[]): OperationContext => ({
  ...systemContext(log),
  who: { name, kind: 'user', groups: [], permissions: new Set(permissions) },
})

describe('what a caller is told of a task that fails while he waits', () => {
  async function failing(op: OperationContext, error: Error, irreversible = false) {
    const database = openTestDatabase()
    const runner = new TaskRunner({ db: database.db, log })
    const steps = [
      { name: 'first', describe: () => [], run: async () => undefined },
      { name: 'define', irreversible, describe: () => [], run: () => Promise.reject(error) },
    ]
    runner.define({ kind: 'k', title: () => 'K', steps })
    const request = { kind: 'k', subject: 's', params: {}, locks: {}, settleMs: 5_000 }
    try {
      const thrown = await launch(op, runner, request).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      const [task] = runner.list({ limit: 1 }).tasks
      assert.ok(task)
      return { id: task.id, ...renderError(thrown, 'request-1', false) }
    } finally {
      await runner.stop()
      database.close()
    }
  }
  const driver = () => new CommandFailed('virsh define /dev/fd/3: exit code 1: XML error: secret-path')

  test('an operator: the task, the command, its words, and what to do', async () => {
    const { id, status, body } = await failing(as('op', 'task.read'), driver())
    assert.equal(status, 500)
    assert.equal(body.code, 'internal')
    assert.match(
      body.message,
      new RegExp(`^Task ${id} failed at step 'define': .*secret-path; what it did was taken back`),
    )
    assert.deepEqual(body.details, {
      task: id,
      step: 'define',
      command: 'virsh define /dev/fd/3',
      stderr: 'error: XML error: secret-path',
    })
  })

  test('an operator of one that is stuck: how to go on', async () => {
    const { id, body } = await failing(as('op', '*'), driver(), true)
    assert.ok(body.message.endsWith(`retry, skip or abandon it: 'nacelle task retry ${id}'.`), body.message)
  })

  test('a user: the task and whom to ask, and nothing from inside', async () => {
    const { id, status, body } = await failing(as('user', 'task.read.own'), driver())
    assert.equal(status, 500)
    assert.match(body.message, new RegExp(`step 'define'.*operators.*task ${id}: ask one of them`))
    assert.deepEqual(body.details, { task: id })
    assert.ok(!JSON.stringify(body).includes('secret-path'))
  })

  test('either, where the words are ours: those words', async () => {
    const known = () => new AppError('unavailable', "the file 'x' is not there", { cause: driver() })
    for (const op of [as('user', 'task.read.own'), as('op', 'task.read')]) {
      const { id, status, body } = await failing(op, known())
      assert.deepEqual(
        [status, body.message, body.details],
        [503, "The file 'x' is not there.", { task: id }],
      )
    }
  })
})
