import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import {
  groupChange,
  openTestZone,
  roleChange,
  type TestZone,
  testCommit,
  userChange,
} from '../../test/support/zone.ts'
import { stateAt } from './history.ts'
import { verifyJournal } from './journal.ts'

const opened: TestZone[] = []
after(() => {
  for (const each of opened) each.close()
})

async function filled(): Promise<TestZone> {
  const test = openTestZone()
  opened.push(test)
  await test.zone.commit(testCommit, [roleChange('one'), userChange('admin')])
  await test.zone.commit(testCommit, [groupChange('manager'), roleChange('one', 1, ['user'])])
  await test.zone.commit(testCommit, [roleChange('two')])
  await test.zone.commit(testCommit, [{ table: 'role', key: 'two', before: 3, after: null }])
  return test
}

describe('verifyJournal', () => {
  it('finds an untouched journal sound', async () => {
    const test = await filled()
    const verdict = await verifyJournal(test.sqlite)
    assert.equal(verdict.ok, true)
    assert.equal(verdict.revisions, 4)
    assert.match(verdict.hash, /^[0-9a-f]{64}$/)
  })

  it('finds an empty journal sound', async () => {
    const test = openTestZone()
    opened.push(test)
    assert.deepEqual(await verifyJournal(test.sqlite), {
      ok: true,
      revisions: 0,
      hash: '0'.repeat(64),
      broken: undefined,
    })
  })

  const columns = {
    revision: ['revision', 'time', 'who', 'request_id', 'action', 'previous_hash', 'hash'],
    change: ['revision', 'seq', 'table_name', 'row_key', 'before_version', 'after'],
  }
  for (const [table, names] of Object.entries(columns))
    for (const column of names)
      it(`finds a change of any row's ${table}.${column}`, async () => {
        const test = await filled()
        const total = test.sqlite.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number
        let tried = 0
        for (let row = 0; row < total; row++) {
          // The byte changes at one end and at the other.
          for (const change of [`"${column}" || 'x'`, `'x' || substr("${column}", 2)`, `"${column}" + 7`]) {
            test.sqlite.exec('SAVEPOINT tamper')
            try {
              const where = `rowid = (SELECT rowid FROM ${table} ORDER BY rowid LIMIT 1 OFFSET ${row})`
              const before = test.sqlite
                .prepare(`SELECT "${column}" FROM ${table} WHERE ${where}`)
                .pluck()
                .get()
              const moved = test.sqlite
                .prepare(
                  `UPDATE OR IGNORE ${table} SET "${column}" = ${change} WHERE ${where} AND "${column}" IS NOT ${change}`,
                )
                .run()
              if (moved.changes === 1 && before !== null) {
                tried++
                const verdict = await verifyJournal(test.sqlite)
                assert.equal(verdict.ok, false, `row ${row}: ${change}`)
                assert.ok(verdict.broken)
              }
            } catch (error) {
              // STRICT tables refuse text in a number's place.
              if (!/cannot store|datatype mismatch/.test(String(error))) throw error
            } finally {
              test.sqlite.exec('ROLLBACK TO tamper; RELEASE tamper')
            }
          }
        }
        assert.ok(tried > 0, 'nothing could be changed')
      })

  const tampering: [string, string, RegExp, number][] = [
    ['a revision that is removed', 'DELETE FROM revision WHERE revision = 2', /revision 2 is missing/, 3],
    [
      'a change that is removed',
      'DELETE FROM change WHERE revision = 2 AND seq = 1',
      /changed afterwards/,
      2,
    ],
    [
      'a change that is added',
      `INSERT INTO change SELECT 3, 9, table_name, row_key, before_version, after FROM change WHERE revision = 1 AND seq = 0`,
      /changed afterwards/,
      3,
    ],
    ['a last revision that is removed', 'DELETE FROM revision WHERE revision = 4', /was removed/, 4],
    [
      'a tail that is removed whole',
      'DELETE FROM revision WHERE revision > 1; DELETE FROM change WHERE revision > 1',
      /outside the journal/,
      1,
    ],
    [
      'a row changed past the journal',
      `UPDATE role SET permissions = '["*"]'`,
      /'one' of role was changed/,
      2,
    ],
    ['a row removed past the journal', 'DELETE FROM user_group', /'manager' of userGroup was removed/, 2],
    [
      'a row added past the journal',
      `INSERT INTO role VALUES ('evil', '[]', '["*"]', 4)`,
      /'evil' of role/,
      4,
    ],
  ]
  for (const [what, sql, reason, revision] of tampering)
    it(`finds ${what}`, async () => {
      const test = await filled()
      test.sqlite.exec(sql)
      const verdict = await verifyJournal(test.sqlite)
      assert.equal(verdict.ok, false)
      assert.match(verdict.broken?.reason ?? '', reason)
      assert.equal(verdict.broken?.revision, revision)
    })

  it('finds one changed revision among many, and lets others run meanwhile', async () => {
    const test = openTestZone()
    opened.push(test)
    for (let round = 0; round < 20; round++)
      await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          test.zone.commit(testCommit, [roleChange(`r${round}-${index}`)]),
        ),
      )
    let turns = 0
    const ticking = setInterval(() => turns++, 0)
    assert.equal((await verifyJournal(test.sqlite)).ok, true)
    clearInterval(ticking)
    assert.ok(turns > 0, 'the event loop stood still')
    test.sqlite.exec("UPDATE revision SET who = 'nobody' WHERE revision = 777")
    assert.equal((await verifyJournal(test.sqlite)).broken?.revision, 777)
  })
})

describe('stateAt', () => {
  it('gives the rows as they were at a past second', async () => {
    const test = openTestZone()
    opened.push(test)
    const start = test.time.now
    await test.zone.commit(testCommit, [roleChange('one'), roleChange('two')])
    test.time.now = start + 1000
    await test.zone.commit(testCommit, [roleChange('one', 1, ['user'])])
    test.time.now = start + 2000
    await test.zone.commit(testCommit, [{ table: 'role', key: 'two', before: 1, after: null }])
    const menus = async (time: number) =>
      (await stateAt(test.sqlite, 'role', time)).map((row) => `${row['name']}: ${row['menu']}`)
    assert.deepEqual(await menus(start - 1), [])
    assert.deepEqual(await menus(start), ['one: ', 'two: '])
    assert.deepEqual(await menus(start + 1999), ['one: user', 'two: '])
    assert.deepEqual(await menus(start + 9999), ['one: user'])
  })

  it('holds when the clock was set back', async () => {
    const test = openTestZone()
    opened.push(test)
    const start = test.time.now
    await test.zone.commit(testCommit, [roleChange('one')])
    test.time.now = start - 60_000
    await test.zone.commit(testCommit, [roleChange('one', 1, ['user'])])
    assert.equal((await stateAt(test.sqlite, 'role', start - 1)).length, 0)
    assert.deepEqual((await stateAt(test.sqlite, 'role', start))[0]?.['menu'], ['user'])
  })
})
