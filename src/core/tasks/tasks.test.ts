import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { openTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { taskOperations } from '../../http/nano/tasks.ts'
import { TaskRunner } from '../../tasks/runner.ts'
import { type OperationContext, systemContext } from '../context.ts'
import { createTaskService, type TaskService } from './tasks.ts'

const silent = () => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent, child: () => log }

let database: TestDatabase
let runner: TaskRunner
let service: TaskService
let id: string

const as = (name: string, ...permissions: string[]): OperationContext => ({
  ...systemContext(log),
  who: { name, kind: 'user', groups: ['staff'], permissions: new Set(permissions) },
})

beforeEach(async () => {
  database = openTestDatabase()
  runner = new TaskRunner({ db: database.db, log })
  const steps = [
    {
      name: 'one',
      describe: () => [{ effect: 'do one' }],
      run: async () => ({ secret: 'hush' }),
      undo: async () => {
        throw new Error('no')
      },
    },
    { name: 'two', describe: () => [], run: async () => Promise.reject(new Error('broken')) },
  ]
  runner.define({ kind: 'a', title: () => 'A', steps })
  service = createTaskService({ tasks: runner })
  const request = { kind: 'a', subject: 's', params: {}, locks: { exclusive: ['s'] } }
  id = (await runner.start({ ...request, who: 'alice', requestId: 'r' })).id
  await runner.wait(id, 5_000)
})

afterEach(async () => {
  await runner.stop()
  database.close()
})

describe('tasks', () => {
  it('are seen by whoever may read all, or by whose they are', () => {
    assert.equal(service.list(as('bob', 'task.read'), { limit: 9 }).total, 1)
    assert.equal(service.list(as('alice', 'task.read.own'), { limit: 9 }).total, 1)
    assert.equal(service.list(as('bob', 'task.read.own'), { limit: 9 }).total, 0)
    assert.equal(service.list(as('bob', 'task.read.own'), { limit: 9, who: 'alice' }).total, 0)
    assert.throws(() => service.list(as('bob'), { limit: 9 }), { code: 'forbidden' })
    assert.equal(service.get(as('alice', 'task.read.own'), id).plan[0]!.step, 'one')
    assert.throws(() => service.get(as('bob', 'task.read.own'), id), { code: 'not_found' })
    assert.throws(() => service.get(as('bob'), id), { code: 'forbidden' })
  })

  it('tell their owner that they failed, and operators why', () => {
    const owner = service.get(as('alice', 'task.read.own'), id)
    assert.match(owner.task.error?.message ?? '', /the host failed at step 'one'.*task /)
    assert.ok(!/broken|"no"/.test(JSON.stringify(owner.events)))
    const operator = service.get(as('bob', 'task.read'), id)
    assert.equal(operator.task.error?.message, "the undo of step 'one' failed: no")
    assert.match(JSON.stringify(operator.events), /broken/)
    const [listed] = service.list(as('alice', 'task.read.own'), { limit: 9 }).tasks
    assert.deepEqual(listed?.error, owner.task.error)
  })

  it('are acted on by whoever may write them', async () => {
    await assert.rejects(service.abandon(as('bob', 'task.read'), id), { code: 'forbidden' })
    await assert.rejects(service.abandon(as('bob', 'task.read.own', 'task.write.own'), id), {
      code: 'not_found',
    })
    const alice = as('alice', 'task.read.own', 'task.write.own')
    await assert.rejects(service.cancel(alice, id), { code: 'conflict' })
    await assert.rejects(service.cancel({ ...alice, dryRun: true }, id), { code: 'conflict' })
    for (const verb of ['skip', 'abandon'] as const)
      await assert.rejects(service[verb](alice, id), { code: 'forbidden', message: /system\.write/ })
    const chief = as('alice', 'task.read.own', 'task.write.own', 'system.write')
    assert.match((await service.abandon({ ...chief, dryRun: true }, id)).effects[0]!.effect, /free its locks/)
    assert.equal(runner.get(id)?.state, 'stuck')
    assert.equal((await service.abandon(chief, id)).task.state, 'failed')
  })

  it('are shown without the outputs of their steps', async () => {
    const get = taskOperations({ taskService: service }).find((operation) => operation.id === 'task.get')!
    const request = {
      params: { id },
      query: {},
      body: undefined,
      header: silent,
      incoming: undefined,
      base: '',
    }
    const { data } = await get.handle(as('bob', 'task.read'), request as never)
    assert.ok(!JSON.stringify(data).includes('hush'))
    assert.match(JSON.stringify(data), /undo_failed/)
  })
})
