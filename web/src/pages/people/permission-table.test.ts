import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { areas, reachOf, withReach } from './permission-table.ts'

test('the reach of a permission is read and written', () => {
  assert.equal(reachOf(['*'], 'guest.read'), 'all')
  assert.equal(reachOf(['guest.read.own'], 'guest.read'), 'own')
  assert.equal(reachOf(['guest.read.own'], 'guest.write'), 'no')
  assert.deepEqual(withReach(['guest.read.own', 'log.read'], 'guest.read', 'all'), ['log.read', 'guest.read'])
  assert.deepEqual(withReach(['guest.read'], 'guest.read', 'no'), [])
})

test('every permission of the appliance stands in the table, and no other', async () => {
  const source = await readFile(
    new URL('../../../../src/core/identity/permissions.ts', import.meta.url),
    'utf8',
  )
  const list = source.slice(source.indexOf('export const permissions'), source.indexOf('] as const'))
  const known = [...list.matchAll(/'([a-z]+\.[a-z]+)'/g)].map(([, name]) => name).sort()
  const shown = Object.entries(areas).flatMap(([area, verbs]) => verbs.map((verb) => `${area}.${verb}`))
  assert.deepEqual(shown.sort(), known)
})
