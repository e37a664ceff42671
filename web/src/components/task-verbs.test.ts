import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Task } from '../api/live-tasks.ts'
import { refusalOf, taskVerbs } from './task-verbs.ts'

const task = (change: Partial<Task>): Task => ({
  ...{ id: 'a', kind: 'guest.create', subject: 'guest:1', title: 'Create w', state: 'running' },
  ...{ step: 'disks', progress: 3, result: null, error: null, cancel_requested: false, who: 'lena' },
  ...{ request_id: 'r', create_time: '', start_time: '', finish_time: null },
  ...change,
})

const all = (change: Partial<Task>, resource: string[], user = 'lena') =>
  taskVerbs.filter((verb) => refusalOf(verb, task(change), { resource, user }) === undefined)

test('a running task can be cancelled, a stuck one retried, skipped or given up', () => {
  assert.deepEqual(all({}, ['*']), ['cancel'])
  assert.deepEqual(all({ state: 'queued' }, ['*']), ['cancel'])
  assert.deepEqual(all({ state: 'stuck' }, ['*']), ['retry', 'skip', 'abandon'])
  assert.deepEqual(all({ state: 'unwinding' }, ['*']), [])
  assert.deepEqual(all({ cancel_requested: true }, ['*']), [])
  assert.deepEqual(all({ state: 'done' }, ['*']), [])
})

test('what leaves the host as it is needs system.write too', () => {
  assert.deepEqual(all({ state: 'stuck' }, ['task.write.own']), ['retry'])
  assert.deepEqual(all({ state: 'stuck' }, ['task.write', 'system.write'], 'eve'), [
    'retry',
    'skip',
    'abandon',
  ])
  assert.deepEqual(refusalOf('skip', task({ state: 'stuck' }), { resource: ['task.write'], user: 'eve' }), {
    permission: 'system.write',
  })
})

test('nobody acts on the tasks of others with a permission for his own', () => {
  assert.deepEqual(all({}, ['task.write.own'], 'eve'), [])
  assert.deepEqual(all({}, ['task.read'], 'lena'), [])
})
