import assert from 'node:assert/strict'
import { test } from 'node:test'
import { taskSteps } from './task-steps.ts'

const at = (second: number) => new Date(second * 1000).toISOString()
const event = (seq: number, step: string, name: string, error: unknown = null) => ({
  ...{ seq, step, event: name, error, time: at(seq) },
})
const plan = ['reserve', 'disks', 'start'].map((step) => ({ step, effects: [{ effect: `do ${step}` }] }))

test('each planned step has the state of its last event, and its length', () => {
  const events = [
    event(1, 'reserve', 'started'),
    event(4, 'reserve', 'succeeded'),
    event(5, 'disks', 'started'),
  ]
  assert.deepEqual(
    taskSteps({ plan, events }).map(({ name, state, seconds }) => [name, state, seconds]),
    [
      ['reserve', 'stepDone', 3],
      ['disks', 'stepRunning', undefined],
      ['start', 'stepWaiting', undefined],
    ],
  )
})

test('a step keeps why it failed after it was taken back', () => {
  const error = { code: 'internal', message: 'no room', command: 'qemu-img create', stderr: 'ENOSPC' }
  const events = [
    event(1, 'disks', 'started'),
    event(2, 'disks', 'failed', error),
    event(3, 'disks', 'undo_started'),
    event(4, 'disks', 'undone'),
  ]
  const [, disks] = taskSteps({ plan, events })
  assert.equal(disks?.state, 'stepUndone')
  assert.deepEqual(disks?.failure, { message: 'no room', command: 'qemu-img create', stderr: 'ENOSPC' })
})

test('steps of a plan that is not known any more are shown by their events', () => {
  const events = [event(1, 'old', 'started'), event(2, 'old', 'succeeded')]
  assert.deepEqual(
    taskSteps({ plan: [], events }).map(({ name, state }) => [name, state]),
    [['old', 'stepDone']],
  )
})
