import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../api/errors.ts'
import { changeBody, createBody, refusedField } from './pool-fields.ts'

test('a new pool sends the fields of its type that were filled', () => {
  const values = { target: '/srv/x', host: 'nas ', options: '', monitors: 'left from before' }
  assert.deepEqual(createBody('nfs', values), { type: 'nfs', host: 'nas', target: '/srv/x' })
  assert.deepEqual(createBody('dir', values), { type: 'dir', target: '/srv/x' })
})

test('a change sends what was changed, and a secret only where one was typed', () => {
  const before = { monitors: 'a,b', pool: 'vms', user: 'nacelle' }
  assert.deepEqual(changeBody('ceph', before, { ...before, monitors: 'a,b,c', key: '' }), {
    monitors: 'a,b,c',
  })
  assert.deepEqual(changeBody('ceph', before, { ...before, key: 'AQ==' }), { key: 'AQ==' })
  assert.deepEqual(changeBody('ceph', before, { ...before, user: '' }), { user: '' })
})

test('a refusal stands under the field that it is about, by whatever name', () => {
  const about = (field: string) => new ApiError(400, { message: 'no', code: 'invalid', field })
  assert.equal(refusedField(about('host'), 'ceph'), 'monitors')
  assert.equal(refusedField(about('target'), 'iscsi'), 'iqn')
  assert.equal(refusedField(about('key'), 'iscsi'), 'chap_secret')
  assert.equal(refusedField(about('options'), 'nfs'), 'options')
  assert.equal(refusedField(about('user'), 'nfs'), undefined)
  assert.equal(refusedField(new Error('no'), 'nfs'), undefined)
})
