import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveEvent } from '../../src/core/guests/live-feed.ts'
import type { TaskEvent } from '../../src/core/tasks/feed.ts'
import { principal } from './serve.ts'
import { bodyOf, runServer } from './server-running.ts'

const tokens = {
  owner: principal('owner', ['guest.read.own'], ['staff']),
  nobody: principal('nobody', ['image.read']),
}

const guest = (key: string, owner: string, before: number | null = null) => ({
  table: 'guest' as const,
  key,
  before,
  after: { id: key, owner, group: 'manager', name: 'hunter2' },
})

/** Opens the stream and answers a reader of what has come so far. */
async function follow(url: string, headers: Record<string, string>) {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  let text = ''
  const pump = (async () => {
    for await (const chunk of response.body ?? []) text += new TextDecoder().decode(chunk)
  })().catch(() => undefined)
  const until = async (pattern: RegExp) => {
    for (let tries = 0; tries < 100 && !pattern.test(text); tries++) await sleep(10)
    assert.match(text, pattern)
    return text
  }
  const leave = async () => {
    abort.abort()
    await pump
  }
  return { response, until, leave, text: () => text }
}

test('events are told to those who may read them, one zone subscription for all', async () => {
  const server = await runServer({ tokens })
  const admin = await follow(`${server.url}/events`, { authorization: 'main' })
  const owner = await follow(`${server.url}/api/v1/events`, { authorization: 'owner' })
  const nobody = await follow(`${server.url}/events`, { authorization: 'nobody' })
  await Promise.all([admin, owner, nobody].map(({ until }) => until(/event: hello/)))
  assert.equal(server.feed.listeners.size, 1)
  server.feed.commit(guest('g1', 'admin'))
  server.feed.commit(guest('g2', 'owner'), { table: 'setting', key: 's', before: 1, after: { name: 's' } })
  server.feed.commit({ table: 'guest', key: 'g1', before: 1, after: null })
  server.feed.commit({ table: 'storagePool', key: 'local', before: 1, after: { name: 'local' } })
  await admin.until(/"table":"storage_pool","key":"local"/)
  assert.match(admin.text(), /"key":"g1","kind":"deleted"/)
  assert.match(admin.text(), /id: 1\nevent: change\ndata: .*"key":"g1","kind":"created"/)
  assert.match(admin.text(), /"key":"s","kind":"changed"/)
  await owner.until(/id: 3\n/)
  assert.doesNotMatch(owner.text(), /id: 1\n|"setting"/)
  assert.doesNotMatch(nobody.text(), /event: change/)
  assert.doesNotMatch(admin.text(), /hunter2/)
  await Promise.all([admin.leave(), owner.leave(), nobody.leave()])
  for (let tries = 0; tries < 100 && server.feed.listeners.size > 0; tries++) await sleep(10)
  assert.equal(server.feed.listeners.size, 0)
  await server.close(1000)
})

test('a reconnect goes on after the last event, or is told to fetch everything anew', async () => {
  const server = await runServer()
  for (let key = 1; key <= 600; key++) server.feed.commit(guest(`g${key}`, 'admin'))
  const from = (id: string) => follow(`${server.url}/events`, { authorization: 'main', 'last-event-id': id })
  const near = await from('598')
  await near.until(/id: 599\n[\s\S]*id: 600\n/)
  assert.doesNotMatch(near.text(), /id: 598\n|reset/)
  const current = await from('600')
  server.feed.commit(guest('g601', 'admin'))
  assert.doesNotMatch(await current.until(/id: 601\n/), /reset|id: 600/)
  for (const id of ['5', '9999']) {
    const lost = await from(id)
    await lost.until(/event: reset/)
    await lost.leave()
  }
  await Promise.all([near.leave(), current.leave()])
  await server.close(1000)
})

test('what tasks do is told to those who may read the task, without what it was given', async () => {
  let tell: (event: TaskEvent) => void = () => undefined
  const tasks = {
    subscribe: (listener: (event: TaskEvent) => void) => {
      tell = listener
      return () => undefined
    },
  }
  const readers = {
    ...tokens,
    ann: principal('ann', ['task.read.own']),
    bob: principal('bob', ['task.read.own']),
  }
  const server = await runServer({ tokens: readers, deps: { tasks } })
  const streams = ['main', 'ann', 'bob', 'nobody'].map((authorization) =>
    follow(`${server.url}/events`, { authorization }),
  )
  const [admin, ann, bob, nobody] = await Promise.all(streams)
  await Promise.all([admin, ann, bob, nobody].map((stream) => stream?.until(/event: hello/)))
  const task = {
    ...{ id: 't1', kind: 'guest.create', subject: 'guest:g1', title: 'Create a', state: 'running' as const },
    ...{ step: 'disks', progress: 40, result: 'hunter2', error: null, cancelRequested: false, who: 'ann' },
    ...{ requestId: 'r', createdAt: 1, startedAt: 1, finishedAt: null },
  }
  tell({ task, time: 7 })
  await ann?.until(
    /event: task\ndata: \{"id":"t1","kind":"guest.create","subject":"guest:g1",.*"progress":40/,
  )
  await admin?.until(/event: task\n/)
  assert.doesNotMatch(`${admin?.text()}${ann?.text()}`, /hunter2|id: 7/)
  for (const other of [bob, nobody]) assert.doesNotMatch(other?.text() ?? '', /event: task/)
  await Promise.all([admin, ann, bob, nobody].map((stream) => stream?.leave()))
  await server.close(1000)
})

test('what instances do is told to those who may see the guest, and not kept', async () => {
  let tell: (event: LiveEvent) => void = () => undefined
  const live = {
    subscribe: (listener: (event: LiveEvent) => void) => {
      tell = listener
      return () => undefined
    },
  }
  const server = await runServer({ tokens, deps: { live } })
  const admin = await follow(`${server.url}/events`, { authorization: 'main' })
  const owner = await follow(`${server.url}/events`, { authorization: 'owner' })
  const nobody = await follow(`${server.url}/events`, { authorization: 'nobody' })
  await Promise.all([admin, owner, nobody].map(({ until }) => until(/event: hello/)))
  const event = { state: 'running', running: true, time: 7 } as const
  tell({ ...event, guest: 'g1', owner: { owner: 'admin', group: 'manager' } })
  tell({ ...event, guest: 'g2', owner: { owner: 'owner', group: 'manager' } })
  tell({ ...event, guest: 'strange', state: 'absent', running: false, owner: undefined })
  await admin.until(/event: live\ndata: \{"guest":"strange","state":"absent","running":false,"time":7\}\n\n/)
  assert.match(admin.text(), /event: live\ndata: \{"guest":"g1","state":"running"/)
  await owner.until(/"guest":"g2"/)
  assert.doesNotMatch(owner.text(), /g1|strange/)
  assert.doesNotMatch(nobody.text(), /event: live/)
  // No id: a reconnect goes on after the last change of the record.
  assert.doesNotMatch(admin.text(), /id: .*\nevent: live/)
  server.feed.commit(guest('g1', 'admin'))
  const back = await follow(`${server.url}/events`, { authorization: 'main', 'last-event-id': '0' })
  await back.until(/id: 1\nevent: change[\s\S]*event: live_gap\ndata: \{\}\n\n/)
  await Promise.all([admin, owner, nobody, back].map(({ leave }) => leave()))
  await server.close(1000)
})

test('an open stream is no use of its session', async () => {
  const uses: unknown[] = []
  const resolve = (_: string, __: string, isUse?: boolean) => {
    uses.push(isUse)
    return principal()
  }
  const server = await runServer({ deps: { resolve } })
  const stream = await follow(`${server.url}/events`, { authorization: 'main' })
  await stream.until(/event: hello/)
  assert.deepEqual(uses, [false])
  await stream.leave()
  await server.close(1000)
})

test('no stream without a credential', async () => {
  const server = await runServer()
  const anonymous = await fetch(`${server.url}/events`)
  assert.equal(anonymous.status, 401)
  assert.equal((await bodyOf(anonymous))['code'], 'unauthenticated')
  await server.close(1000)
})
