import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { groupChange, openTestZone, roleChange, type TestZone, testCommit } from '../../test/support/zone.ts'
import { createFeed, type FeedItem, replayLimit } from './feed.ts'
import type { Zone } from './zone.ts'

const opened: TestZone[] = []
after(() => {
  for (const each of opened) each.close()
})
const fresh = () => {
  const made = openTestZone()
  opened.push(made)
  return { ...made, feed: createFeed(made.zone) }
}

const all = () => true
const positions = (items: FeedItem[]) =>
  items.map((item) => (item.kind === 'event' ? item.event.revision : 'reset'))
const settle = () => new Promise((resolve) => setTimeout(resolve, 20))

describe('change feed', () => {
  it('serves many by one subscription of the zone', async () => {
    const { zone } = fresh()
    let subscriptions = 0
    const counted: Zone = {
      ...zone,
      revision: () => zone.revision(),
      eventsSince: (revision, limit) => zone.eventsSince(revision, limit),
      subscribe: (listener) => {
        subscriptions++
        return zone.subscribe(listener)
      },
    }
    const feed = createFeed(counted)
    const seen = Array.from({ length: 10 }, () => [] as FeedItem[])
    for (const items of seen) feed.subscribe({ allows: all, receive: (item) => items.push(item) })
    await zone.commit(testCommit, [roleChange('a')])
    assert.equal(subscriptions, 1)
    for (const items of seen) assert.deepEqual(positions(items), [1])
  })

  it('resumes after the last event without a gap and without a repeat, while commits go on', async () => {
    const { zone, feed } = fresh()
    for (let index = 0; index < 250; index++) await zone.commit(testCommit, [roleChange(`r${index}`)])
    const items: FeedItem[] = []
    feed.subscribe({ after: 100, allows: all, receive: (item) => items.push(item) })
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => zone.commit(testCommit, [roleChange(`s${index}`)])),
    )
    await settle()
    await zone.commit(testCommit, [roleChange('last')])
    assert.deepEqual(
      positions(items),
      Array.from({ length: 201 }, (_, index) => 101 + index),
    )
  })

  it('shows only what may be seen', async () => {
    const { zone, feed } = fresh()
    const items: FeedItem[] = []
    feed.subscribe({ allows: (change) => change.table === 'role', receive: (item) => items.push(item) })
    await zone.commit(testCommit, [roleChange('a'), groupChange('g')])
    await zone.commit(testCommit, [groupChange('h')])
    assert.deepEqual(positions(items), [1])
    assert.deepEqual(items[0]?.kind === 'event' && items[0].event.changes.map((change) => change.key), ['a'])
  })

  it('says so when it cannot replay', async () => {
    const { zone, feed } = fresh()
    await zone.commit(testCommit, [roleChange('a')])
    const items: FeedItem[] = []
    feed.subscribe({ after: 99, allows: all, receive: (item) => items.push(item) })
    await settle()
    await zone.commit(testCommit, [roleChange('b')])
    assert.deepEqual(positions(items), ['reset', 2])
    const far = createFeed({
      subscribe: () => () => {},
      eventsSince: () => [],
      revision: () => replayLimit + 9,
    })
    far.subscribe({ after: 8, allows: all, receive: (item) => items.push(item) })
    await settle()
    assert.deepEqual(items.at(-1), { kind: 'reset', revision: replayLimit + 9 })
  })

  it('stops', async () => {
    const { zone, feed } = fresh()
    const items: FeedItem[] = []
    const stop = feed.subscribe({ allows: all, receive: (item) => items.push(item) })
    stop()
    assert.equal(feed.size(), 0)
    await zone.commit(testCommit, [roleChange('a')])
    assert.deepEqual(items, [])
  })
})
