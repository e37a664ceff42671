import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { outbox as table, task } from '../db/cell-schema.ts'
import { Outbox, type OutboxOptions, signature } from './outbox.ts'
import { TaskRunner } from './runner.ts'

const silent = () => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }

let database: TestDatabase
let server: Server
let url: string
let received: { headers: IncomingHttpHeaders; body: string; method: string }[]
/** Statuses to answer with, then 200. */
let statuses: number[]
let outboxes: Outbox[]

const make = (options: Partial<OutboxOptions> = {}) => {
  const made = new Outbox({ db: database.db, log, allowUrl: () => true, firstDelayMs: 1, ...options })
  outboxes.push(made)
  return made
}

const runWith = async (outbox: Outbox, callback: { url: string; method: string; secret?: string }) => {
  const runner = new TaskRunner({ db: database.db, log, outbox })
  const steps = [{ name: 'one', describe: () => [], run: async () => 'fine' }]
  runner.define({ kind: 'a', title: () => 'A', steps, result: (_params, outputs) => outputs['one'] })
  const request = { kind: 'a', subject: 's', params: {}, locks: {}, who: 'alice', requestId: 'r' }
  const { id } = await runner.start({ ...request, callback })
  await runner.wait(id, 5_000)
  await runner.stop()
  return id
}

const settled = async () => {
  for (;;) {
    const rows = database.db.select().from(table).all()
    if (rows.every(({ state }) => state !== 'waiting')) return rows
    await delay(2)
  }
}

beforeEach(async () => {
  database = openTestDatabase()
  received = []
  statuses = []
  outboxes = []
  server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request), method: request.method! })
    response.writeHead(statuses.shift() ?? 200, { location: 'http://127.0.0.1:1/' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
})

afterEach(async () => {
  for (const outbox of outboxes) await outbox.stop()
  server.close()
  database.close()
})

describe('the outbox', () => {
  it('tells the end of a task, signed, and forgets the secret', async () => {
    const id = await runWith(make(), { url, method: 'POST', secret: 'quiet' })
    const [row] = await settled()
    assert.equal(row!.state, 'sent')
    const [{ headers, body }] = received as [(typeof received)[0]]
    assert.equal(headers['nacelle-signature'], signature('quiet', body))
    assert.equal(headers['idempotency-key'], row!.id)
    const told = JSON.parse(body)
    assert.equal(told.task.id, id)
    assert.equal(told.task.state, 'done')
    assert.equal(told.task.result, 'fine')
    assert.ok(!JSON.stringify(database.db.select().from(task).all()).includes('quiet'))
  })

  it('tries again until it is taken, always with the same key', async () => {
    statuses = [500, 302]
    await runWith(make(), { url, method: 'PUT' })
    const [row] = await settled()
    assert.deepEqual([row!.state, row!.attempts], ['sent', 3])
    assert.equal(new Set(received.map(({ headers }) => headers['idempotency-key'])).size, 1)
    assert.ok(received.every(({ headers }) => headers['nacelle-signature'] === undefined))
  })

  it('gives up after the last attempt and says why', async () => {
    statuses = [500, 500, 500]
    await runWith(make({ maxAttempts: 2 }), { url, method: 'POST' })
    const [row] = await settled()
    assert.deepEqual([row!.state, row!.attempts, row!.lastError], ['failed', 2, 'answered 500'])
  })

  it('loses nothing by a restart', async () => {
    const away = make({ fetch: async () => Promise.reject(new Error('away')), firstDelayMs: 1 })
    await runWith(away, { url, method: 'POST' })
    await away.stop()
    assert.equal(received.length, 0)
    make().nudge()
    assert.equal((await settled())[0]!.state, 'sent')
    assert.equal(received.length, 1)
  })

  it('refuses addresses that are not allowed, before the task and before sending', async () => {
    const outbox = make({ allowUrl: ({ hostname }) => hostname !== '127.0.0.1' })
    await assert.rejects(runWith(outbox, { url, method: 'POST' }), { code: 'invalid', field: 'callback.url' })
    await assert.rejects(runWith(make(), { url: 'file:///etc/passwd', method: 'POST' }), {
      field: 'callback.url',
    })
    await assert.rejects(runWith(make(), { url, method: 'TRACE' }), { field: 'callback.method' })
    assert.equal(database.db.select().from(task).all().length, 0)
    let asked = 0
    await runWith(make({ allowUrl: () => asked++ === 0 }), { url, method: 'POST' })
    assert.equal((await settled())[0]!.state, 'failed')
    assert.equal(received.length, 0)
  })
})
