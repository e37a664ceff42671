import assert from 'node:assert/strict'
import { test } from 'node:test'
import { affected, commandCount, commandLine, spaceByPool } from './plan-totals.ts'

const plan = [
  {
    step: 'disks',
    effects: [
      { effect: 'a', space: { pool: 'local', bytes: 2 }, commands: [['qemu-img', 'create']] },
      { effect: 'b', space: { pool: 'fast', bytes: 3 }, affects: ["guest 'web'"] },
      { effect: 'c', space: { pool: 'local', bytes: 5 }, affects: ["guest 'web'", "guest 'db'"] },
    ],
  },
  { step: 'define', effects: [{ effect: 'd', commands: [['virsh', 'define'], ['true']] }] },
]

test('space is added up for each pool', () => {
  assert.deepEqual(spaceByPool(plan), [
    { pool: 'local', bytes: 7 },
    { pool: 'fast', bytes: 3 },
  ])
})

test('who feels it is named once', () => {
  assert.deepEqual(affected(plan), ["guest 'web'", "guest 'db'"])
})

test('commands of all effects are counted', () => {
  assert.equal(commandCount(plan), 3)
})

test('a command line is what a shell takes as these arguments', () => {
  assert.equal(
    commandLine(['virsh', '-c', 'qemu:///system', 'define', '/dev/fd/3']),
    'virsh -c qemu:///system define /dev/fd/3',
  )
  assert.equal(commandLine(['echo', "it's", '', '$HOME']), `echo 'it'\\''s' '' '$HOME'`)
})
