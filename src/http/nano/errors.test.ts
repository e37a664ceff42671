import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, invalid } from '../../core/errors.ts'
import { renderError } from './errors.ts'

const shown = (error: unknown) => renderError(error, 'r', false).body.message

test('a message is shown as a sentence', () => {
  assert.equal(shown(new AppError('not_found', "there is no guest 'x'")), "There is no guest 'x'.")
  assert.equal(shown(new AppError('conflict', 'Stop it first!')), 'Stop it first!')
  assert.equal(
    shown(invalid('ports', 'a guest forwards at most 32 ports')),
    'A guest forwards at most 32 ports.',
  )
})

test('what begins with an identifier keeps it as it is spelt', () => {
  for (const [field, message] of [
    ['name', 'name must be text.'],
    ['disks[0]', 'disks[0] is 1 byte.'],
    ['disks[0]', 'disks must hold one.'],
    ['qos.read_speed', 'qos must be an object.'],
    ['network_address', 'network_address is taken.'],
    ['source', 'source must be an http or tftp URI.'],
  ] as const)
    assert.equal(shown(invalid(field, message)), message)
  for (const message of [
    'qemu-img said no.',
    'virsh has gone.',
    'guest:1 is in use.',
    'vnc.listen is empty.',
  ])
    assert.equal(shown(new AppError('conflict', message)), message)
})
