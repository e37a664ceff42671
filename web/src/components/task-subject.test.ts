import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subjectLink } from './task-subject.ts'

const link = (kind: string, subject: string, state: 'running' | 'done' | 'failed' = 'running') =>
  subjectLink({ kind, subject, state })?.path

test('a task leads to the page of what it is about', () => {
  assert.equal(link('instance.start', 'guest:a-b'), '/instances/a-b')
  assert.equal(link('snapshot.delete', 'guest:a', 'done'), '/instances/a/snapshots')
  assert.equal(link('guest.disk.resize', 'guest:a'), '/instances/a/disks')
  assert.equal(link('image.build', 'image:i'), '/images/disk/i')
  assert.equal(link('image.import', 'import:media'), '/images/media')
  assert.equal(link('host.start_guests', 'cell:one'), '/compute/cells')
})

test('what has gone, or was never made, has no page', () => {
  assert.equal(link('guest.delete', 'guest:a', 'done'), undefined)
  assert.equal(link('guest.delete', 'guest:a', 'failed'), '/instances/a')
  assert.equal(link('guest.create', 'guest:a', 'failed'), undefined)
  assert.equal(link('image.delete', 'image:i'), undefined)
  assert.equal(link('batch.start', 'batch:1'), undefined)
})
