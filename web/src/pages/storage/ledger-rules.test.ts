import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownerPath, shownVolumes, type Volume, volumeRefusal, volumeVerbs } from './ledger-rules.ts'

const volume = (name: string, status: Volume['status'], owner_kind = 'none'): Volume => ({
  ...{ name, status, since: '', kind: 'disk', format: 'qcow2', owner_kind, owner: 'x', owner_name: '' },
  ...{ size: 0, stored: 0 },
})

test('each status allows its verbs', () => {
  const verbs = (status: Volume['status'], owner?: string) =>
    volumeVerbs.filter((verb) => volumeRefusal(verb, volume('a', status, owner)) === undefined)
  assert.deepEqual(verbs('unowned'), ['adopt', 'quarantine'])
  assert.deepEqual(verbs('quarantined'), ['undelete', 'purge'])
  assert.deepEqual(verbs('owned', 'guest'), [])
  assert.deepEqual(verbs('owned', 'none'), ['quarantine'])
  for (const status of ['creating', 'missing', 'partial'] as const) assert.deepEqual(verbs(status), [])
})

test('what needs a person comes first', () => {
  const all = [volume('b', 'owned'), volume('a', 'owned'), volume('z', 'missing'), volume('y', 'unowned')]
  assert.deepEqual(
    shownVolumes(all, {}).map(({ name }) => name),
    ['z', 'y', 'a', 'b'],
  )
  assert.deepEqual(
    shownVolumes(all, { status: 'owned', q: 'A' }).map(({ name }) => name),
    ['a'],
  )
})

test('a volume leads to its owner', () => {
  assert.equal(ownerPath({ owner: 'g', owner_kind: 'guest', kind: 'disk' }), '/instances/g/disks')
  assert.equal(ownerPath({ owner: 'i', owner_kind: 'image', kind: 'media' }), '/images/media/i')
  assert.equal(ownerPath({ owner: '', owner_kind: 'none', kind: 'disk' }), undefined)
})
