import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { openTestIdentity, testContext, testPassword } from '../../../test/support/identity.ts'
import { anonymousPrincipal } from '../context.ts'
import { createJournal, type JournalQuery } from './journal.ts'

const test = await openTestIdentity()
after(() => test.close())
const journal = createJournal(test)
const start = test.time.now
test.pass(60)
const admin = await test.as('admin')
await test.identity.users.create({ ...admin, requestId: 'r-1' }, 'alice', { password: testPassword })
test.pass(60)
await test.identity.users.modify({ ...admin, requestId: 'r-2' }, 'alice', { nick: 'Al' })
await test.settings.set(test.system, 'password.min_length', 9)

const actions = (query: Partial<JournalQuery>) =>
  journal.list(test.system, { limit: 100, offset: 0, ...query }).entries.map((entry) => entry.action)

describe('journal', () => {
  it('tells who did what, when and by which request, newest first', () => {
    const { entries, total } = journal.list(test.system, { limit: 2, offset: 1 })
    assert.equal(total, 5)
    assert.deepEqual(
      entries.map(({ revision, time, who, requestId, action }) => ({
        revision,
        time,
        who,
        requestId,
        action,
      })),
      [
        { revision: 4, time: start + 120_000, who: 'admin', requestId: 'r-2', action: 'user.modify alice' },
        { revision: 3, time: start + 60_000, who: 'admin', requestId: 'r-1', action: 'user.create alice' },
      ],
    )
    assert.equal(entries[0]?.changes[0]?.after?.['nick'], 'Al')
  })

  it('filters by person, request, time, table and row', () => {
    assert.deepEqual(actions({ who: 'admin' }), ['user.modify alice', 'user.create alice'])
    assert.deepEqual(actions({ requestId: 'r-1' }), ['user.create alice'])
    assert.deepEqual(actions({ table: 'setting' }), ['setting.set password.min_length'])
    assert.deepEqual(actions({ table: 'user', key: 'alice', before: start + 120_000 }), ['user.create alice'])
    assert.deepEqual(actions({ after: start + 120_000 }), [
      'setting.set password.min_length',
      'user.modify alice',
    ])
    assert.throws(() => actions({ table: 'nope' }), /there is no table 'nope'/)
  })

  it('gives one revision, and verifies all', async () => {
    assert.equal(journal.get(test.system, 3).action, 'user.create alice')
    assert.throws(() => journal.get(test.system, 99), /no revision '99'/)
    assert.deepEqual((await journal.verify(test.system)).revisions, 5)
  })

  it('gives a table as it was', async () => {
    const nicks = async (time: number) => {
      const { revision, rows } = await journal.stateAt(test.system, 'user', time)
      return [revision, ...rows.map((row) => `${row['name']}:${row['nick']}`)]
    }
    assert.deepEqual(await nicks(start), [2, 'admin:'])
    assert.deepEqual(await nicks(start + 60_000), [3, 'admin:', 'alice:'])
    assert.deepEqual(await nicks(start + 120_000), [5, 'admin:', 'alice:Al'])
  })

  it('needs the permission', async () => {
    const nobody = testContext(anonymousPrincipal)
    assert.throws(() => journal.list(nobody, { limit: 1, offset: 0 }), /log in first/)
    assert.throws(() => journal.get(nobody, 1), /log in first/)
    assert.throws(() => journal.verify(nobody), /log in first/)
    await assert.rejects(journal.stateAt(nobody, 'user', 0), /log in first/)
  })
})
