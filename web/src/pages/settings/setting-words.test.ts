import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingDefinitions } from '../../../../src/core/settings/registry.ts'
import { settings } from '../../i18n/en/settings.ts'

test('every setting says what it is for, in both languages', () => {
  const known = Object.keys(settingDefinitions).map((name) => `about_${name.replaceAll('.', '_')}`)
  const told = Object.keys(settings).filter((key) => key.startsWith('about_'))
  assert.deepEqual(told.sort(), known.sort())
})
