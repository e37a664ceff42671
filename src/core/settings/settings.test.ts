import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import { testContext } from '../../../test/support/identity.ts'
import { openTestZone, type TestZone, testCommit } from '../../../test/support/zone.ts'
import { anonymousPrincipal } from '../context.ts'
import type { AppError } from '../errors.ts'
import { settingDefinitions } from './registry.ts'
import { createSettings, type Settings } from './settings.ts'

const opened: TestZone[] = []
after(() => {
  for (const each of opened) each.close()
})

describe('settings', () => {
  let test: TestZone
  let settings: Settings
  const op = testContext()
  beforeEach(() => {
    test = openTestZone()
    opened.push(test)
    settings = createSettings(test)
  })

  it('have defaults that their own rules take', async () => {
    for (const view of settings.list(op)) {
      assert.deepEqual(view.value, settingDefinitions[view.name].default)
      assert.equal(view.version, 0)
      await settings.set(op, view.name, view.default)
    }
  })

  it('are set, last, and go back to the default', async () => {
    await settings.set(op, 'vnc.listen', '0.0.0.0')
    await settings.set(op, 'callbacks.allow', ['hooks.example.org', '192.0.2.1:8443'])
    assert.equal(settings.get('vnc.listen'), '0.0.0.0')
    assert.deepEqual(createSettings(test).get('callbacks.allow'), ['hooks.example.org', '192.0.2.1:8443'])
    await settings.reset(op, 'vnc.listen')
    assert.equal(settings.get('vnc.listen'), '')
    assert.deepEqual(await settings.reset(op, 'vnc.listen'), { effects: [] })
  })

  const wrong: [string, unknown, RegExp][] = [
    ['password.min_length', 0, /password\.min_length must be at least 1$/],
    ['password.min_length', 129, /must be at most 128/],
    ['password.min_length', '8', /must be a number/],
    ['password.min_length', 8.5, /must be a whole number/],
    ['session.timeout_seconds', 29, /must be at least 30/],
    ['vnc.listen', 'everywhere', /must be an IP address/],
    ['vnc.listen', 5, /must be of the type string/],
    ['callbacks.allow', ['a b'], /must be a host name/],
  ]
  for (const [name, value, message] of wrong)
    it(`refuse ${name} = ${JSON.stringify(value)}`, async () => {
      await assert.rejects(settings.set(op, name, value), (error: AppError) => {
        assert.equal(error.code, 'invalid')
        assert.equal(error.field, 'value')
        assert.match(error.message, message)
        return true
      })
      assert.equal(test.zone.revision(), 0)
    })

  it('need a name that exists, and the permission', async () => {
    assert.throws(() => settings.read(op, 'nope'), /there is no setting 'nope'/)
    await assert.rejects(settings.set(op, 'constructor', 1), /there is no setting/)
    const nobody = testContext(anonymousPrincipal)
    assert.throws(() => settings.list(nobody), /log in first/)
    assert.throws(() => settings.read(nobody, 'vnc.listen'), /log in first/)
    await assert.rejects(settings.set(nobody, 'vnc.listen', ''), /log in first/)
    await assert.rejects(settings.reset(nobody, 'vnc.listen'), /log in first/)
  })

  it('fall back to the default where the store holds what this program does not take', async () => {
    await test.zone.commit(testCommit, [
      { table: 'setting', key: 'vnc.listen', before: null, after: { name: 'vnc.listen', value: 7 } },
    ])
    assert.equal(settings.get('vnc.listen'), '')
    await settings.set(op, 'vnc.listen', '::1')
    assert.equal(settings.get('vnc.listen'), '::1')
  })
})
