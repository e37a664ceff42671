import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryClient } from '@tanstack/react-query'
import { detailsAfter, followTasks, listAfter, type Task, type TaskDetails } from './live-tasks.ts'

const task = (change: Partial<Task> = {}): Task => ({
  ...{ id: 'a', kind: 'guest.create', subject: 'guest:1', title: 'Create w', state: 'running' },
  ...{ step: 'disks', progress: 3, result: null, error: null, cancel_requested: false, who: 'ann' },
  ...{ request_id: 'r', create_time: '', start_time: '', finish_time: null },
  ...change,
})

test('a task that a list shows moves in place, and only its end is asked for', () => {
  const list = { tasks: [task({ id: 'b' }), task()], total: 2 }
  const moved = listAfter(list, {}, task({ step: 'define', progress: 40 }))
  assert.deepEqual(moved?.data.tasks[1], task({ step: 'define', progress: 40 }))
  assert.equal(moved?.data.tasks[0], list.tasks[0])
  assert.equal(moved?.isStale, false)
  assert.equal(listAfter(list, {}, task({ state: 'done', progress: 100 }))?.isStale, true)
})

test('a list asks for a task that it does not show only where its filters let it in', () => {
  const list = { tasks: [], total: 0 }
  assert.equal(listAfter(list, { live: 'true', subject: 'guest:1' }, task())?.isStale, true)
  for (const query of [{ subject: 'guest:2' }, { kind: 'x' }, { who: 'bob' }, { state: 'stuck' }])
    assert.equal(listAfter(list, query, task()), undefined)
  assert.equal(listAfter(list, { live: 'true' }, task({ state: 'done' })), undefined)
})

test('the page of a task asks again at each step, not at each percent', () => {
  const details: TaskDetails = { ...task(), events: [], plan: [], waits_for: null }
  assert.equal(detailsAfter(details, task({ progress: 50 })).isStale, false)
  assert.equal(detailsAfter(details, task({ progress: 50 })).data.progress, 50)
  assert.equal(detailsAfter(details, task({ step: 'define' })).isStale, true)
})

test('a hundred events make one reading', async () => {
  const client = new QueryClient()
  let invalidations = 0
  client.getQueryCache().subscribe((event) => {
    if (event.type === 'updated' && event.action.type === 'invalidate') invalidations++
  })
  client.setQueryData(['/tasks', { query: { live: 'true' } }], { tasks: [], total: 0 })
  const follow = followTasks(client)
  for (let n = 0; n < 100; n++) follow(task({ id: `${n}` }))
  await new Promise((resolve) => setTimeout(resolve, 350))
  assert.equal(invalidations, 1)
  client.clear()
})
