import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { testContext, testPassword } from '../../../test/support/identity.ts'
import { openTestZone } from '../../../test/support/zone.ts'
import { anonymousPrincipal } from '../context.ts'
import type { AppError } from '../errors.ts'
import { createSettings } from '../settings/settings.ts'
import { createIdentity } from './identity.ts'

const opened: { close(): void }[] = []
after(() => {
  for (const each of opened) each.close()
})

const refused =
  (wanted: string, message = /./, field?: string) =>
  (error: AppError) => {
    assert.equal(error.code, wanted, error.message)
    assert.match(error.message, message)
    if (field) assert.equal(error.field, field)
    return true
  }

describe('first start', () => {
  const fresh = async () => {
    const test = openTestZone()
    opened.push(test)
    const identity = createIdentity({
      ...test,
      settings: createSettings(test),
      clock: () => test.time.now,
      monotone: () => test.time.now,
    })
    await identity.setup.prepare(testContext())
    return { ...test, identity }
  }
  const anonymous = testContext(anonymousPrincipal)
  const request = { user: 'chief', password: testPassword }

  it('makes the first administrator with the code, once', async () => {
    const { identity } = await fresh()
    assert.equal(identity.setup.needed(), true)
    const old = identity.setup.issueCode()
    const code = identity.setup.issueCode()
    assert.match(code, /^[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}$/)
    await assert.rejects(
      identity.setup.complete(anonymous, old, request),
      refused('forbidden', /set-up code/, 'code'),
    )
    await assert.rejects(
      identity.setup.complete(anonymous, code, { ...request, password: 'short' }),
      refused('invalid', /at least 8/, 'password'),
    )
    await identity.setup.complete(anonymous, ` ${code.toLowerCase()} `, request)
    assert.equal(identity.setup.needed(), false)
    await assert.rejects(
      identity.setup.complete(anonymous, code, request),
      refused('conflict', /first administrator/),
    )
    const session = await identity.sessions.login(anonymous, { ...request, kind: 'test' })
    assert.deepEqual([session.groups, session.permissions], [['manager'], ['*']])
  })

  it('takes group, role and menu as the portal gives them', async () => {
    const { identity } = await fresh()
    const given = {
      ...request,
      group: 'admin',
      display: 'Admins',
      role: 'super',
      menu: ['dashboard', 'user'],
    }
    await identity.setup.makeAdministrator(testContext(), given)
    assert.deepEqual(identity.roles.get(testContext(), 'super').menu, ['dashboard', 'user'])
    assert.equal(identity.groups.get(testContext(), 'admin').display, 'Admins')
    assert.ok(
      (await identity.sessions.login(anonymous, { ...request, kind: 'test' })).permissions.includes('*'),
    )
  })

  it('refuses a role that would leave the administrator without rights', async () => {
    const { identity } = await fresh()
    await assert.rejects(
      identity.setup.makeAdministrator(testContext(), { ...request, role: 'auditor' }),
      refused('invalid', /does not permit everything/, 'role'),
    )
    assert.equal(identity.setup.needed(), true)
  })

  it('lets one of two win', async () => {
    const { identity, db } = await fresh()
    const outcomes = await Promise.allSettled(
      ['one', 'two'].map((user) => identity.setup.makeAdministrator(testContext(), { ...request, user })),
    )
    assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), ['fulfilled', 'rejected'])
    assert.equal(db.query.user.findMany().sync().length, 1)
  })

  it('slows down guessing at the code', async () => {
    const { identity } = await fresh()
    identity.setup.issueCode()
    for (let round = 0; round < 5; round++)
      await assert.rejects(identity.setup.complete(anonymous, 'AAAA', request), refused('forbidden'))
    await assert.rejects(
      identity.setup.complete(anonymous, 'AAAA', request),
      refused('unauthenticated', /too many/),
    )
  })

  it('prepares only an empty zone', async () => {
    const { identity, zone } = await fresh()
    const before = zone.revision()
    await identity.setup.prepare(testContext())
    assert.equal(zone.revision(), before)
  })
})
