import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import {
  openTestIdentity,
  type TestIdentity,
  testContext,
  testPassword,
} from '../../../test/support/identity.ts'
import type { AppError } from '../errors.ts'

const opened: TestIdentity[] = []
after(() => {
  for (const each of opened) each.close()
})

const code =
  (wanted: string, message = /./) =>
  (error: AppError) => {
    assert.equal(error.code, wanted, error.message)
    assert.match(error.message, message)
    return true
  }

describe('sessions', () => {
  let test: TestIdentity
  beforeEach(async () => {
    test = await openTestIdentity()
    opened.push(test)
  })
  const login = (password = testPassword, user = 'admin', address = '192.0.2.7') =>
    test.identity.sessions.login(testContext(test.anonymous.who, { address }), {
      user,
      password,
      kind: 'nano',
    })

  it('open by the password, and carry what the roles give', async () => {
    const session = await login()
    assert.deepEqual(session.groups, ['manager'])
    assert.ok(session.menu.includes('dashboard'))
    assert.equal(session.timeoutSeconds, 1800)
    assert.notEqual(session.id, session.secret)
    const who = test.identity.resolve(session.secret)
    assert.equal(who?.name, 'admin')
    assert.equal(who?.session, session.id)
    assert.ok(who?.permissions.has('*'))
  })

  it('are renewed by use, and not by asking whose they are', async () => {
    const { secret, id } = await login()
    const end = () => test.identity.sessions.list(test.system).find((one) => one.id === id)?.expiresAt
    const first = end()
    test.time.now += 600_000
    assert.equal(test.identity.resolve(secret, '', false)?.name, 'admin')
    assert.equal(end(), first)
    test.identity.resolve(secret)
    assert.equal(end(), (first ?? 0) + 600_000)
    for (let minute = 0; minute < 40; minute++) {
      test.time.now += 60_000
      test.identity.resolve(secret, '', false)
    }
    assert.equal(test.identity.resolve(secret, '', false), undefined)
  })

  it('are kept only as a hash', async () => {
    const { secret } = await login()
    assert.ok(Buffer.from(secret, 'base64url').length === 32)
    const stored = JSON.stringify(test.sqlite.prepare('SELECT * FROM session').all())
    assert.doesNotMatch(stored, new RegExp(secret))
  })

  it('refuse a wrong password and an unknown user with the same words', async () => {
    await assert.rejects(login('wrong'), code('unauthenticated', /^the user or the password is not right$/))
    await assert.rejects(
      login('wrong', 'nobody'),
      code('unauthenticated', /^the user or the password is not right$/),
    )
    assert.equal(test.identity.resolve('rubbish'), undefined)
    assert.equal(test.identity.resolve('nacelle_rubbish'), undefined)
  })

  it('refuse a user without a group', async () => {
    await test.identity.users.create(test.system, 'loner', { password: testPassword })
    await assert.rejects(login(testPassword, 'loner'), code('forbidden', /'loner' is in no group/))
  })

  it('end when they were not used, and live on by use and by renewal', async () => {
    const { secret, id } = await login()
    for (let round = 0; round < 3; round++) {
      test.pass(1700)
      assert.ok(test.identity.resolve(secret), `round ${round}`)
    }
    test.pass(1700)
    test.identity.sessions.renew(testContext(test.identity.resolve(secret)), secret)
    test.pass(1801)
    assert.equal(test.identity.resolve(secret), undefined)
    assert.throws(() => test.identity.sessions.get(test.system, id), code('not_found'))
    assert.deepEqual(test.identity.sessions.list(test.system), [])
    assert.equal(test.sqlite.prepare('SELECT count(*) FROM session').pluck().get(), 0)
  })

  it('write renewals by use in batches and not with each request', async () => {
    const { secret } = await login()
    const stored = () => test.sqlite.prepare('SELECT expires_at FROM session').pluck().get()
    const before = stored()
    test.pass(600)
    for (let round = 0; round < 100; round++) test.identity.resolve(secret)
    assert.equal(stored(), before)
    test.identity.close()
    assert.equal(stored(), test.time.now + 1_800_000)
  })

  it('are listed by public ids: all for those who may, else one’s own', async () => {
    await test.identity.users.create(test.system, 'alice', { password: testPassword })
    await test.identity.groups.create(test.system, 'staff', { roles: ['user'] })
    await test.identity.groups.addMember(test.system, 'staff', 'alice')
    const admin = await test.as('admin')
    test.time.now += 1
    const alice = await test.as('alice')
    assert.deepEqual(
      test.identity.sessions.list(admin).map((session) => session.user),
      ['admin', 'alice'],
    )
    assert.deepEqual(
      test.identity.sessions.list(alice).map((session) => session.id),
      [alice.who.session],
    )
    const adminId = admin.who.session!
    assert.throws(() => test.identity.sessions.get(alice, adminId), code('not_found'))
    assert.throws(() => test.identity.sessions.end(alice, adminId), code('not_found'))
    assert.equal(test.identity.sessions.get(alice, 'self').user, 'alice')
    test.identity.sessions.end(admin, alice.who.session!)
    assert.throws(() => test.identity.sessions.get(alice, 'self'), code('not_found'))
    test.identity.sessions.end(admin, 'self')
    assert.deepEqual(test.identity.sessions.list(test.system), [])
  })

  it('follow a change of roles at once', async () => {
    const { secret } = await login()
    await test.identity.groups.create(test.system, 'auditors', { roles: ['auditor'] })
    await test.identity.groups.addMember(test.system, 'auditors', 'admin')
    assert.deepEqual(test.identity.resolve(secret)?.groups, ['manager', 'auditors'])
  })

  it('end with their user, and the others with the password', async () => {
    await test.identity.users.create(test.system, 'boss', { password: testPassword })
    await test.identity.groups.addMember(test.system, 'manager', 'boss')
    const first = await login()
    const second = await login()
    const admin = testContext(test.identity.resolve(first.secret))
    await test.identity.users.changePassword(admin, 'admin', { old: testPassword, new: 'another word' })
    assert.ok(test.identity.resolve(first.secret))
    assert.equal(test.identity.resolve(second.secret), undefined)
    await test.identity.users.remove(test.system, 'admin')
    assert.equal(test.identity.resolve(first.secret), undefined)
  })

  it('slow down guessing at a user, and say how long', async () => {
    for (let round = 0; round < 5; round++)
      await assert.rejects(login('wrong'), code('unauthenticated', /not right/))
    await assert.rejects(login(), (error: AppError) => {
      assert.match(error.message, /too many failed logins for 'admin': try again in 1 s/)
      assert.equal(error.details?.['retryAfterSeconds'], 1)
      return true
    })
    test.pass(1)
    await assert.rejects(login('wrong'), code('unauthenticated', /not right/))
    test.pass(1)
    await assert.rejects(login(), code('unauthenticated', /try again in 1 s/))
    test.pass(1)
    assert.ok((await login()).secret)
    await assert.rejects(login('wrong'), code('unauthenticated', /not right/))
  })

  it('slow down guessing from one address at many users', async () => {
    for (let round = 0; round < 20; round++)
      await assert.rejects(
        login('wrong', `user${round}`, '198.51.100.9'),
        code('unauthenticated', /not right/),
      )
    await assert.rejects(
      login(testPassword, 'admin', '198.51.100.9'),
      code('unauthenticated', /198\.51\.100\.9/),
    )
    assert.ok((await login()).secret)
  })

  it('count attempts that run at the same time', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => login('wrong')))
    const limited = attempts.filter(
      (attempt) => attempt.status === 'rejected' && /too many/.test(String(attempt.reason)),
    )
    assert.equal(limited.length, 15)
  })

  it('leave the event loop free while a password is checked', async () => {
    let turns = 0
    const ticking = setInterval(() => turns++, 1)
    await login()
    clearInterval(ticking)
    assert.ok(turns > 3, `${turns} turns`)
  })
})

describe('tokens', () => {
  let test: TestIdentity
  beforeEach(async () => {
    test = await openTestIdentity()
    opened.push(test)
  })

  it('are shown once, kept as a hash, scoped and expiring', async () => {
    const admin = await test.as('admin')
    const { secret, token } = await test.identity.tokens.create(admin, {
      name: 'ci',
      permissions: ['guest.read', 'image.read.own'],
      lifetimeSeconds: 60,
    })
    assert.match(secret, /^nacelle_[\w-]{43}$/)
    const everything = JSON.stringify([
      test.identity.tokens.list(admin),
      test.sqlite.prepare('SELECT * FROM token').all(),
      test.sqlite.prepare('SELECT * FROM change').all(),
    ])
    assert.doesNotMatch(everything, new RegExp(secret))
    const who = test.identity.resolve(secret)
    assert.equal(who?.kind, 'token')
    assert.deepEqual([...(who?.permissions ?? [])].sort(), ['guest.read', 'image.read.own'])
    test.pass(61)
    assert.equal(test.identity.resolve(secret), undefined)
    await test.identity.tokens.remove(admin, token.id)
    assert.deepEqual(test.identity.tokens.list(admin), [])
  })

  it('never may more than their user', async () => {
    await test.identity.users.create(test.system, 'alice', { password: testPassword })
    await test.identity.groups.create(test.system, 'staff', { roles: ['user'] })
    await test.identity.groups.addMember(test.system, 'staff', 'alice')
    const alice = await test.as('alice')
    const scoped = await test.identity.tokens.create(alice, {
      name: 'a',
      permissions: ['guest.write', 'setting.write'],
    })
    assert.deepEqual([...(test.identity.resolve(scoped.secret)?.permissions ?? [])], ['guest.write.own'])
    const whole = await test.identity.tokens.create(alice, { name: 'b' })
    assert.equal(test.identity.resolve(whole.secret)?.permissions.has('guest.read.own'), true)
    const byToken = testContext(test.identity.resolve(whole.secret))
    await assert.rejects(
      test.identity.tokens.create(byToken, { name: 'c' }),
      code('forbidden', /a token cannot make tokens/),
    )
    await test.identity.users.remove(test.system, 'alice')
    assert.equal(test.identity.resolve(whole.secret), undefined)
    assert.equal(test.sqlite.prepare('SELECT count(*) FROM token').pluck().get(), 0)
  })

  it('of others are seen only by those who may', async () => {
    await test.identity.users.create(test.system, 'alice', { password: testPassword })
    await test.identity.groups.create(test.system, 'staff', { roles: ['user'] })
    await test.identity.groups.addMember(test.system, 'staff', 'alice')
    const [admin, alice] = [await test.as('admin'), await test.as('alice')]
    const { token } = await test.identity.tokens.create(admin, { name: 'ci' })
    assert.deepEqual(test.identity.tokens.list(alice), [])
    await assert.rejects(test.identity.tokens.remove(alice, token.id), code('not_found'))
    await assert.rejects(
      test.identity.tokens.create(alice, { name: 'x', permissions: ['everything'] }),
      code('invalid', /'everything' is no permission/),
    )
    assert.throws(() => test.identity.tokens.list(test.anonymous), code('unauthenticated'))
  })
})
