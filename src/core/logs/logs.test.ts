import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import { testContext } from '../../../test/support/identity.ts'
import { openTestZone, type TestZone, testCommit } from '../../../test/support/zone.ts'
import { anonymousPrincipal } from '../context.ts'
import { createLogs, type Logs } from './logs.ts'

const opened: TestZone[] = []
after(() => {
  for (const each of opened) each.close()
})
const dayMs = 24 * 3600 * 1000

describe('logs', () => {
  let test: TestZone
  let logs: Logs
  const op = testContext()
  const open = () => createLogs({ zone: test.zone, clock: () => test.time.now })
  const contents = (query: object) =>
    logs.list(op, { limit: 20, offset: 0, ...query }).entries.map((entry) => entry.content)
  beforeEach(() => {
    test = openTestZone()
    opened.push(test)
    logs = open()
  })

  it('number the entries of a second, across restarts too', async () => {
    await logs.add(op, 'one')
    await logs.add(op, 'two')
    logs = open()
    await logs.add(op, 'three')
    assert.deepEqual(
      logs.list(op, { limit: 20, offset: 0 }).entries.map((entry) => entry.id),
      ['20260101000000002', '20260101000000001', '20260101000000000'],
    )
  })

  it('go on into the next second when one is full', async () => {
    await Promise.all(Array.from({ length: 1005 }, (_, index) => logs.add(op, `line ${index}`)))
    const { entries, total } = logs.list(op, { limit: 1000, offset: 0 })
    assert.equal(total, 1005)
    assert.equal(entries[0]?.id, '20260101000001004')
    assert.ok(entries.every((entry) => /^\d{17}$/.test(entry.id)))
  })

  it('list the last day, or what is between two times, in pages', async () => {
    await logs.add(op, 'old')
    test.time.now += 2 * dayMs
    await logs.add(op, 'new')
    const now = test.time.now
    assert.deepEqual(contents({}), ['new'])
    assert.deepEqual(contents({ after: now - 3 * dayMs }), ['new', 'old'])
    assert.deepEqual(contents({ before: now }), ['old'])
    assert.deepEqual(contents({ after: 0, limit: 1, offset: 1 }), ['old'])
  })

  it('delete all that are named, or none', async () => {
    for (let index = 0; index < 50; index++) await logs.add(op, `line ${index}`)
    const ids = logs.list(op, { limit: 100, offset: 0 }).entries.map((entry) => entry.id)
    await assert.rejects(logs.remove(op, [...ids, '20200101000000000']), /no log entry '20200101000000000'/)
    await assert.rejects(logs.remove(op, []), /name the ids/)
    await logs.remove(op, ids)
    assert.deepEqual(contents({}), [])
  })

  it('write a line with another commit, signed', async () => {
    await test.zone.commit(testCommit, [logs.logChange(op, 'did something')])
    assert.deepEqual(contents({}), ['system(192.0.2.7): did something'])
  })

  it('refuse what is empty or too long, and whom has no permission', async () => {
    await assert.rejects(logs.add(op, ' '), /needs some text/)
    await assert.rejects(logs.add(op, 'x'.repeat(4097)), /at most 4096/)
    const nobody = testContext(anonymousPrincipal)
    assert.throws(() => logs.list(nobody, { limit: 1, offset: 0 }), /log in first/)
    await assert.rejects(logs.add(nobody, 'x'), /log in first/)
    await assert.rejects(logs.remove(nobody, ['x']), /log in first/)
  })
})
