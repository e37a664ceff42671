import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zoneTables } from '../../zone/tables.ts'
import { tableNamed, tableWord } from './table-words.ts'

test('every table has one word, which leads back to it', () => {
  const names = Object.keys(zoneTables)
  assert.ok(names.length > 10)
  for (const name of names) {
    assert.match(tableWord(name), /^[a-z_]+$/)
    assert.equal(tableNamed(tableWord(name)), name)
    assert.equal(tableNamed(name), name)
  }
  assert.equal(tableWord('securityPolicyGroup'), 'security_policy_group')
})
