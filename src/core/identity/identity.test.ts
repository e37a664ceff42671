import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import {
  openTestIdentity,
  type TestIdentity,
  testContext,
  testPassword,
} from '../../../test/support/identity.ts'
import { imageChange, testCommit } from '../../../test/support/zone.ts'
import type { ZoneEvent } from '../../zone/zone.ts'
import type { OperationContext } from '../context.ts'
import type { AppError } from '../errors.ts'
import { permissions } from './permissions.ts'

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

describe('users, groups and roles', () => {
  let test: TestIdentity
  let system: OperationContext
  beforeEach(async () => {
    test = await openTestIdentity()
    system = test.system
    opened.push(test)
  })

  it('has the first roles, as the document names them', () => {
    const roles = new Map(test.identity.roles.list(system).map((role) => [role.name, role]))
    assert.deepEqual([...roles.keys()], ['auditor', 'maintainer', 'manager', 'user'])
    assert.deepEqual(roles.get('manager')?.permissions, ['*'])
    assert.deepEqual(
      roles.get('auditor')?.permissions,
      permissions.filter((permission) => permission.endsWith('.read')),
    )
    assert.equal(roles.get('maintainer')?.permissions.includes('identity.write'), false)
    assert.equal(roles.get('maintainer')?.permissions.includes('guest.write'), true)
    assert.equal(roles.get('user')?.permissions.includes('guest.write.own'), true)
    assert.equal(roles.get('user')?.permissions.includes('guest.write'), false)
  })

  it('lets a user be in several groups, with what all their roles give', async () => {
    await test.identity.users.create(system, 'alice', { password: testPassword, nick: 'Al', mail: 'a@b.com' })
    await test.identity.groups.create(system, 'staff', { display: 'Staff', roles: ['user'] })
    await test.identity.groups.create(system, 'watch', { roles: ['auditor'] })
    await test.identity.groups.addMember(system, 'staff', 'alice')
    await test.identity.groups.addMember(system, 'watch', 'alice')
    const alice = await test.as('alice')
    assert.deepEqual(alice.who.groups, ['staff', 'watch'])
    assert.ok(alice.who.permissions.has('guest.write.own') && alice.who.permissions.has('journal.read'))
    assert.deepEqual(test.identity.groups.get(system, 'staff').members, ['alice'])
    assert.deepEqual(
      test.identity.users.list(system, 'watch').map((user) => user.name),
      ['alice'],
    )
    const { passwordHash, ...shown } = test.identity.users.get(alice, 'alice') as {
      passwordHash?: string
      mail: string
    }
    assert.equal(passwordHash, undefined)
    assert.equal(shown.mail, 'a@b.com')
    await assert.rejects(
      test.identity.groups.addMember(system, 'staff', 'alice'),
      refused('conflict', /'alice' is already in the group 'staff'/),
    )
  })

  const wrong: [string, (t: TestIdentity) => unknown, string, RegExp, string?][] = [
    [
      'a user name with a space',
      (t) => t.identity.users.create(t.system, 'a b', { password: testPassword }),
      'invalid',
      /letters, digits/,
      'user',
    ],
    [
      'a user name of 65',
      (t) => t.identity.users.create(t.system, 'a'.repeat(65), { password: testPassword }),
      'invalid',
      /1 to 64/,
      'user',
    ],
    [
      'a reserved user name',
      (t) => t.identity.users.create(t.system, 'system', { password: testPassword }),
      'invalid',
      /reserved/,
      'user',
    ],
    [
      'a short password',
      (t) => t.identity.users.create(t.system, 'al', { password: 'short12' }),
      'invalid',
      /needs at least 8 characters, this one has 7/,
      'password',
    ],
    [
      'a long password',
      (t) => t.identity.users.create(t.system, 'al', { password: 'x'.repeat(257) }),
      'invalid',
      /at most 256/,
      'password',
    ],
    [
      'a bad mail address',
      (t) => t.identity.users.create(t.system, 'al', { password: testPassword, mail: 'x' }),
      'invalid',
      /no mail address/,
      'mail',
    ],
    [
      'a taken user name',
      (t) => t.identity.users.create(t.system, 'admin', { password: testPassword }),
      'conflict',
      /a user named 'admin' exists/,
    ],
    [
      'an unknown user',
      (t) => t.identity.users.modify(t.system, 'nobody', {}),
      'not_found',
      /no user 'nobody'/,
    ],
    [
      'a group name with a slash',
      (t) => t.identity.groups.create(t.system, 'a/b', {}),
      'invalid',
      /letters/,
      'group',
    ],
    [
      'an unknown role',
      (t) => t.identity.groups.create(t.system, 'g', { roles: ['user', 'nope'] }),
      'invalid',
      /no role 'nope'/,
      'role[1]',
    ],
    [
      'a taken group name',
      (t) => t.identity.groups.create(t.system, 'manager', {}),
      'conflict',
      /user group named 'manager'/,
    ],
    [
      'a member who is nobody',
      (t) => t.identity.groups.addMember(t.system, 'manager', 'nobody'),
      'not_found',
      /no user 'nobody'/,
    ],
    [
      'a group that is not there',
      (t) => t.identity.groups.addMember(t.system, 'nope', 'admin'),
      'not_found',
      /no user group 'nope'/,
    ],
    [
      'a group with members',
      (t) => t.identity.groups.remove(t.system, 'manager'),
      'conflict',
      /still has 1 members \(admin\)/,
    ],
    [
      'a role that a group has',
      (t) => t.identity.roles.remove(t.system, 'manager'),
      'conflict',
      /given to the group 'manager'/,
    ],
    [
      'an unknown permission',
      (t) => t.identity.roles.create(t.system, 'r', { permissions: ['fly'] }),
      'invalid',
      /'fly' is no permission/,
      'resource[0]',
    ],
    [
      'a bad menu entry',
      (t) => t.identity.roles.create(t.system, 'r', { menu: ['a b'] }),
      'invalid',
      /no entry of the menu/,
      'menu[0]',
    ],
  ]
  for (const [what, act, wantedCode, message, field] of wrong)
    it(`refuses ${what}, and changes nothing`, async () => {
      const before = test.zone.revision()
      await assert.rejects(async () => act(test), refused(wantedCode, message, field))
      assert.equal(test.zone.revision(), before)
    })

  it('never loses the last who may do everything', async () => {
    const nobody = refused('conflict', /nobody who may do everything/)
    await assert.rejects(test.identity.users.remove(system, 'admin'), nobody)
    await assert.rejects(test.identity.groups.removeMember(system, 'manager', 'admin'), nobody)
    await assert.rejects(test.identity.groups.modify(system, 'manager', { roles: ['user'] }), nobody)
    await assert.rejects(
      test.identity.roles.modify(system, 'manager', { permissions: ['guest.read'] }),
      nobody,
    )
  })

  it('not even when two are removed at once', async () => {
    await test.identity.users.create(system, 'boss', { password: testPassword })
    await test.identity.groups.addMember(system, 'manager', 'boss')
    const outcomes = await Promise.allSettled([
      test.identity.groups.removeMember(system, 'manager', 'admin'),
      test.identity.users.remove(system, 'boss'),
    ])
    assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), ['fulfilled', 'rejected'])
    assert.equal(test.identity.groups.get(system, 'manager').members.length, 1)
  })

  it('refuses to delete an owner, naming how much is owned', async () => {
    await test.identity.users.create(system, 'alice', { password: testPassword })
    const owned = (id: string) => {
      const change = imageChange(id, id)
      return { ...change, after: { ...change.after!, owner: 'alice' } }
    }
    await test.zone.commit(testCommit, [owned('i1'), owned('i2')])
    await assert.rejects(
      test.identity.users.remove(system, 'alice'),
      refused('conflict', /still owns 0 guests and 2 images/),
    )
  })

  it('asks for permission everywhere', async () => {
    await test.identity.users.create(system, 'alice', { password: testPassword })
    await test.identity.groups.create(system, 'staff', { roles: ['user'] })
    await test.identity.groups.addMember(system, 'staff', 'alice')
    const alice = await test.as('alice')
    const { users, groups, roles, resetPassword } = {
      ...test.identity,
      resetPassword: test.identity.resetPassword,
    }
    const acts: ((op: OperationContext) => unknown)[] = [
      (op) => users.list(op),
      (op) => users.get(op, 'admin'),
      (op) => users.create(op, 'x', { password: testPassword }),
      (op) => users.modify(op, 'admin', {}),
      (op) => users.remove(op, 'admin'),
      (op) => users.changePassword(op, 'admin', { new: testPassword }),
      (op) => groups.list(op),
      (op) => groups.get(op, 'staff'),
      (op) => groups.create(op, 'x', {}),
      (op) => groups.modify(op, 'staff', {}),
      (op) => groups.remove(op, 'staff'),
      (op) => groups.addMember(op, 'manager', 'alice'),
      (op) => groups.removeMember(op, 'manager', 'admin'),
      (op) => roles.list(op),
      (op) => roles.get(op, 'user'),
      (op) => roles.create(op, 'x', {}),
      (op) => roles.modify(op, 'user', { permissions: ['*'] }),
      (op) => roles.remove(op, 'user'),
      (op) => resetPassword(op, 'admin'),
    ]
    const before = test.zone.revision()
    for (const act of acts) {
      await assert.rejects(
        async () => act(alice),
        refused('forbidden', /lacks the permission 'identity\./),
        String(act),
      )
      await assert.rejects(async () => act(test.anonymous), refused('unauthenticated'), String(act))
    }
    assert.equal(test.zone.revision(), before)
    await users.modify(alice, 'alice', { nick: 'Ally' })
    assert.equal(users.get(alice, 'alice').nick, 'Ally')
  })

  it('changes a password with the old one, or by the permission, by the rule that is set', async () => {
    const admin = await test.as('admin')
    const change = (old: string | undefined, next: string) =>
      test.identity.users.changePassword(admin, 'admin', { old, new: next })
    await assert.rejects(change('wrong', 'long enough'), refused('forbidden', /old password/, 'old'))
    await assert.rejects(change(undefined, 'long enough'), refused('forbidden', /old password/, 'old'))
    await assert.rejects(change(testPassword, 'short'), refused('invalid', /at least 8/, 'new'))
    await test.settings.set(system, 'password.min_length', 5)
    await change(testPassword, 'short')
    await test.identity.users.create(system, 'alice', { password: testPassword })
    await test.identity.users.changePassword(admin, 'alice', { new: 'given to her' })
  })

  it('resets a password for the command line', async () => {
    const admin = await test.as('admin')
    const password = await test.identity.resetPassword(system, 'admin')
    assert.equal(password.length, 16)
    assert.equal(test.identity.resolve(admin.who.session!), undefined)
    assert.deepEqual(test.identity.sessions.list(system), [])
    const session = await test.identity.sessions.login(test.anonymous, {
      user: 'admin',
      password,
      kind: 'test',
    })
    assert.ok(session.secret)
    await assert.rejects(test.identity.resetPassword(system, 'nobody'), refused('not_found'))
  })

  it('derives the permissions of a role from its menu until they are given', async () => {
    await test.identity.roles.create(system, 'net', { menu: ['address_pool'] })
    assert.deepEqual(test.identity.roles.get(system, 'net').permissions, ['network.read', 'network.write'])
    await test.identity.roles.modify(system, 'net', { menu: ['log'] })
    assert.deepEqual(test.identity.roles.get(system, 'net').permissions, ['log.read', 'log.write'])
    await test.identity.roles.modify(system, 'net', { permissions: ['guest.read.own'] })
    await test.identity.roles.modify(system, 'net', { menu: ['user'] })
    assert.deepEqual(test.identity.roles.get(system, 'net').permissions, ['guest.read.own'])
    await test.identity.roles.remove(system, 'net')
  })

  it('only says what it would do in a dry run', async () => {
    const dry = testContext(system.who, { dryRun: true })
    const before = test.zone.revision()
    const plan = await test.identity.users.create(dry, 'alice', { password: testPassword })
    assert.deepEqual(plan, { effects: [{ effect: "make the user 'alice'" }] })
    await assert.rejects(
      test.identity.users.create(dry, 'admin', { password: testPassword }),
      refused('conflict'),
    )
    await assert.rejects(test.identity.users.remove(dry, 'admin'), refused('conflict'))
    assert.equal(test.zone.revision(), before)
  })

  it('knows whose a changed row is, and was', async () => {
    const events: ZoneEvent[] = []
    test.zone.subscribe((event) => events.push(event))
    await test.zone.commit(testCommit, [imageChange('i1', 'i1')])
    await test.zone.commit(testCommit, [
      { table: 'image', key: 'i1', before: test.zone.revision(), after: null },
    ])
    await test.identity.groups.create(system, 'staff', {})
    const owners = events.flatMap((event) => event.changes).map((change) => test.identity.ownershipOf(change))
    const owner = { owner: 'admin', group: 'manager', kind: 'disk' }
    assert.deepEqual(owners, [owner, owner, undefined])
  })
})
