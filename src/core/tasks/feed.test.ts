import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tasks, TaskView } from '../../tasks/saga.ts'
import { createTaskFeed } from './feed.ts'

const view = (change: Partial<TaskView>): TaskView => ({
  ...{ id: 't1', kind: 'guest.create', subject: 'guest:1', title: 'Create a', state: 'running' },
  ...{ step: 'disks', progress: 0, result: null, error: null, cancelRequested: false, who: 'ann' },
  ...{ requestId: 'r', createdAt: 1, startedAt: 1, finishedAt: null },
  ...change,
})

function follow() {
  let publish: (task: TaskView) => void = () => undefined
  let left = false
  const tasks = {
    subscribe: (listener: (task: TaskView) => void) => {
      publish = listener
      return () => {
        left = true
      }
    },
  } as Tasks
  const told: string[] = []
  const leave = createTaskFeed({ tasks, now: () => 5 }).subscribe(({ task, time }) => {
    assert.equal(time, 5)
    told.push(`${task.id} ${task.state} ${task.step} ${task.progress}`)
  })
  return { publish: (change: Partial<TaskView>) => publish(view(change)), told, leave, left: () => left }
}

test('steps and ends are told at once, progress at most every quarter of a second with its latest figure', async () => {
  const { publish, told, leave, left } = follow()
  for (let progress = 0; progress < 50; progress++) publish({ progress })
  publish({ id: 't2', progress: 3 })
  assert.deepEqual(told, ['t1 running disks 0', 't2 running disks 3'])
  await sleep(300)
  assert.deepEqual(told.slice(2), ['t1 running disks 49'])
  publish({ progress: 60 })
  publish({ step: 'define', progress: 70 })
  publish({ step: null, state: 'done', progress: 100, finishedAt: 9 })
  assert.deepEqual(told.slice(3), ['t1 running define 70', 't1 done null 100'])
  await sleep(300)
  assert.equal(told.length, 5, 'nothing late is told of a task that has ended')
  leave()
  assert.ok(left())
})

test('a stuck task and a wish to cancel are told at once', () => {
  const { publish, told } = follow()
  publish({ progress: 1 })
  publish({ progress: 1, cancelRequested: true })
  publish({ progress: 1, state: 'stuck' })
  assert.deepEqual(told, ['t1 running disks 1', 't1 running disks 1', 't1 stuck disks 1'])
})

test('who has left is told nothing late', async () => {
  const { publish, told, leave } = follow()
  publish({ progress: 1 })
  publish({ progress: 2 })
  leave()
  await sleep(300)
  assert.deepEqual(told, ['t1 running disks 1'])
})
