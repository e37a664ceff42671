import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import {
  groupChange,
  imageChange,
  openTestZone,
  roleChange,
  type TestZone,
  testCommit,
  userChange,
} from '../../test/support/zone.ts'
import type { AppError } from '../core/errors.ts'
import { openDatabase } from '../db/connect.ts'
import { createLocalZone } from './local-zone.ts'
import type { Change, ZoneEvent } from './zone.ts'

const opened: TestZone[] = []
after(() => {
  for (const each of opened) each.close()
})
const fresh = () => {
  const made = openTestZone()
  opened.push(made)
  return made
}

const conflict =
  (message: RegExp | string, details: object = {}) =>
  (error: AppError) => {
    assert.equal(error.code, 'conflict')
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    for (const [key, value] of Object.entries(details)) assert.equal(error.details?.[key], value, key)
    return true
  }

describe('zone.commit', () => {
  let test: TestZone
  beforeEach(() => {
    test = fresh()
  })
  const commit = (...changes: Change[]) => test.zone.commit(testCommit, changes)
  const ready = () => commit(groupChange('manager'), userChange('admin'))
  const roles = () => test.db.query.role.findMany().sync()

  it('writes rows, and the revision becomes their version', async () => {
    assert.deepEqual(await commit(roleChange('one'), roleChange('two')), { revision: 1 })
    assert.deepEqual(await commit(roleChange('two', 1, ['user'])), { revision: 2 })
    assert.deepEqual(roles(), [
      { name: 'one', menu: [], permissions: [], version: 1 },
      { name: 'two', menu: ['user'], permissions: [], version: 2 },
    ])
    assert.equal(test.zone.revision(), 2)
  })

  it('deletes', async () => {
    await commit(roleChange('one'))
    await commit({ table: 'role', key: 'one', before: 1, after: null })
    assert.deepEqual(roles(), [])
  })

  it('refuses a version that has moved, and changes nothing', async () => {
    await commit(roleChange('one'))
    await commit(roleChange('one', 1))
    await assert.rejects(
      commit(roleChange('other'), roleChange('one', 1)),
      conflict(/the role 'one' was changed meanwhile \(its version is 2, version 1 was read\)/, {
        version: 2,
      }),
    )
    assert.deepEqual(
      roles().map((role) => role.name),
      ['one'],
    )
    assert.equal(test.zone.revision(), 2)
  })

  it('refuses to change what has gone and to make what is there', async () => {
    await assert.rejects(commit(roleChange('gone', 3)), conflict("the role 'gone' no longer exists"))
    await commit(roleChange('one'), groupChange('a'))
    await assert.rejects(commit(roleChange('one')), conflict("a role named 'one' exists", { key: 'one' }))
    await assert.rejects(commit(groupChange('a')), conflict("a user group named 'a' exists"))
  })

  it('lets exactly one of two writers win', async () => {
    await commit(roleChange('one'))
    const outcomes = await Promise.allSettled([
      commit(roleChange('one', 1, ['first'])),
      commit(roleChange('one', 1, ['second'])),
    ])
    assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), ['fulfilled', 'rejected'])
    assert.deepEqual(roles()[0]?.menu, ['first'])
  })

  it('lets exactly one of two processes win, and tells the other what it missed', async () => {
    await commit(roleChange('one'))
    const other = openDatabase(test.path)
    const elsewhere = createLocalZone(other)
    const seen: number[] = []
    elsewhere.subscribe((event) => seen.push(event.revision))
    await commit(roleChange('one', 1, ['here']))
    await assert.rejects(elsewhere.commit(testCommit, [roleChange('one', 1)]), conflict(/changed meanwhile/))
    await elsewhere.commit(testCommit, [roleChange('one', 2)])
    assert.deepEqual(seen, [2, 3])
    other.close()
  })

  it('refuses a claim that is taken, naming noun and value', async () => {
    await ready()
    await commit(imageChange('i1', 'debian'))
    const taken = "a disk image named 'debian' exists in group 'manager'"
    await assert.rejects(
      commit(imageChange('i2', 'debian')),
      conflict(taken, { table: 'image', column: 'name' }),
    )
    await assert.rejects(commit(imageChange('i3', 'a'), imageChange('i4', 'a')), conflict(/named 'a' exists/))
  })

  it('lets a claim move from one row to another in one commit', async () => {
    await ready()
    await commit(imageChange('i1', 'a'), imageChange('i2', 'b'))
    await commit(imageChange('i1', 'b', 2), imageChange('i2', 'a', 2))
    assert.deepEqual(
      test.db.query.image
        .findMany()
        .sync()
        .map((row) => row.name),
      ['b', 'a'],
    )
  })

  it('refuses a reference to what is not there', async () => {
    await commit(groupChange('manager'))
    await assert.rejects(
      commit(imageChange('i1', 'debian')),
      conflict("there is no user 'admin'", { column: 'owner', target: 'user', value: 'admin' }),
    )
    assert.equal(test.zone.revision(), 1)
  })

  it('refuses to delete what is pointed at, unless both go at once', async () => {
    await ready()
    await commit(imageChange('i1', 'debian'), imageChange('i2', 'other'))
    const remove = (table: 'user' | 'image', key: string, before: number): Change => ({
      table,
      key,
      before,
      after: null,
    })
    await assert.rejects(
      commit(remove('user', 'admin', 1)),
      conflict("the user 'admin' is still used by the disk image 'debian' and 1 more", { count: 2 }),
    )
    await commit(remove('image', 'i1', 2), remove('user', 'admin', 1), remove('image', 'i2', 2))
    assert.deepEqual(test.db.query.user.findMany().sync(), [])
  })

  it('keeps secret columns out of the journal and the feed', async () => {
    const events: ZoneEvent[] = []
    test.zone.subscribe((event) => events.push(event))
    await commit(userChange('admin'))
    assert.equal(test.db.query.user.findFirst().sync()?.passwordHash, 'hash-of-admin')
    const recorded = JSON.stringify([
      events,
      test.zone.eventsSince(0, 10),
      test.db.query.change.findMany().sync(),
    ])
    assert.match(recorded, /id-admin/)
    assert.doesNotMatch(recorded, /hash-of-admin|passwordHash/)
  })

  it('tells subscribers in order, before the writer goes on', async () => {
    const seen: string[] = []
    const stop = test.zone.subscribe((event) => seen.push(`event ${event.revision}`))
    await Promise.all(
      ['a', 'b', 'c'].map((name) => commit(roleChange(name)).then(() => seen.push(`done ${name}`))),
    )
    assert.deepEqual(
      seen.filter((entry) => entry.startsWith('event')),
      ['event 1', 'event 2', 'event 3'],
    )
    assert.ok(seen.indexOf('event 1') < seen.indexOf('done a'))
    stop()
    await commit(roleChange('d'))
    assert.equal(seen.includes('event 4'), false)
  })

  it('goes on when a subscriber fails', async () => {
    const seen: number[] = []
    test.zone.subscribe(() => {
      throw new Error('no')
    })
    test.zone.subscribe((event) => seen.push(event.revision))
    await commit(roleChange('a'))
    assert.deepEqual(seen, [1])
  })

  it('gives the same events later as it gave live', async () => {
    const live: ZoneEvent[] = []
    test.zone.subscribe((event) => live.push(event))
    await ready()
    await commit(imageChange('i1', 'debian'))
    assert.deepEqual(test.zone.eventsSince(0, 10), live)
    assert.deepEqual(test.zone.eventsSince(1, 10), live.slice(1))
    assert.equal(test.zone.eventsSince(0, 1).length, 1)
  })

  it('only checks in a dry run', async () => {
    const dry = { ...testCommit, dryRun: true }
    assert.deepEqual(await test.zone.commit(dry, [roleChange('a')]), { revision: 1 })
    assert.deepEqual(roles(), [])
    assert.equal(test.zone.revision(), 0)
    await commit(roleChange('a'))
    await assert.rejects(test.zone.commit(dry, [roleChange('a')]), conflict("a role named 'a' exists"))
  })

  it('refuses to nest, and more than it can take', async () => {
    test.sqlite.exec('BEGIN')
    await assert.rejects(commit(roleChange('a')), /inside a transaction/)
    test.sqlite.exec('ROLLBACK')
    await assert.rejects(
      commit(...Array.from({ length: 41 }, (_, index) => roleChange(`r${index}`))),
      /at most 40 rows, not 41/,
    )
    await assert.rejects(commit(roleChange('big', null, ['x'.repeat(600_000)])), /at most 524288 are kept/)
    await assert.rejects(commit(), /at least one change/)
    await assert.rejects(commit(roleChange('a'), roleChange('a')), /twice/)
  })

  it('lets many commits share one sync of the disk', async () => {
    const count = 2000
    const started = performance.now()
    await Promise.all(Array.from({ length: count }, (_, index) => commit(roleChange(`r${index}`))))
    const perSecond = count / ((performance.now() - started) / 1000)
    assert.equal(roles().length, count)
    assert.ok(perSecond > 300, `${Math.round(perSecond)} commits a second`)
  })

  it('fails one commit of a group without the others', async () => {
    const outcomes = await Promise.allSettled([
      commit(roleChange('a')),
      commit(roleChange('b'), roleChange('a')),
      commit(roleChange('c')),
    ])
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(
      roles().map((role) => [role.name, role.version]),
      [
        ['a', 1],
        ['c', 2],
      ],
    )
  })
})
