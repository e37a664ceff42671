import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { BatchItemView, BatchParams } from '../../src/core/batches/batch.ts'
import { runBatch } from '../../src/core/batches/run-batch.ts'
import { AppError } from '../../src/core/errors.ts'
import type { StartRequest, Tasks, TaskView } from '../../src/tasks/saga.ts'
import { proveSaga } from './crash-proof.ts'

/** The tasks of the items: they outlive the batch, as theirs are journalled on their own. */
interface World {
  children: Map<string, { starts: number; state: TaskView['state'] }>
}

const view = (id: string, { state }: { state: TaskView['state'] }): TaskView =>
  ({
    id,
    state,
    progress: 100,
    error: state === 'failed' ? { code: 'conflict', message: 'no' } : null,
  }) as TaskView

/** A child that is there is not started again; one named `refused` leaves nothing. */
function childTasks({ children }: World): Tasks {
  const get = (id: string) => {
    const child = children.get(id)
    return child && view(id, child)
  }
  const tasks: Pick<Tasks, 'start' | 'get' | 'wait' | 'cancel'> = {
    async start<P>({ id = '' }: StartRequest<P>) {
      await turn()
      if (id === 'refused') throw new AppError('conflict', 'the guest is busy')
      const present = children.get(id)
      if (!present) children.set(id, { starts: 1, state: id === 'fails' ? 'failed' : 'done' })
      return view(id, children.get(id)!)
    },
    get,
    async wait(id) {
      await turn()
      return get(id) ?? assert.fail(`${id} was never started`)
    },
    cancel: async (id) => get(id) ?? assert.fail(`${id} was never started`),
  }
  return tasks as Tasks
}

const item = (task: string) => ({
  guest: task,
  name: `staff.${task}`,
  start: { task, kind: 'guest.delete', params: {}, locks: {} },
})

const params: BatchParams = {
  what: 'delete',
  parallel: 2,
  items: [
    item('a'),
    item('fails'),
    item('refused'),
    item('b'),
    { guest: 'x', name: 'x', refused: 'not there' },
  ],
}

describe('a batch survives an error, a crash and a repeat at every step', () => {
  test('each item is started once, and told of', async () => {
    await proveSaga<World, BatchParams>({
      makeWorld: async () => ({ children: new Map() }),
      destroyWorld: async () => undefined,
      saga: (world) => runBatch('delete', childTasks(world), new Map()),
      params,
      locks: {},
      // What was done for an item stays done, whatever becomes of the batch.
      isClean: async ({ children }) => [...children.values()].every(({ starts }) => starts === 1),
      async isDone({ children }, database) {
        assert.deepEqual([...children.keys()].sort(), ['a', 'b', 'fails'])
        const row = database.sqlite.prepare('SELECT result FROM task').get() as { result: string }
        const items = JSON.parse(row.result) as BatchItemView[]
        assert.deepEqual(
          items.map(({ state }) => state),
          ['done', 'failed', 'failed', 'done', 'failed'],
        )
        return true
      },
    })
  })
})
