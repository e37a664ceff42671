import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import * as v from 'valibot'
import type { Log, OperationContext } from '../../src/core/context.ts'
import { AppError } from '../../src/core/errors.ts'
import { operation } from '../../src/http/operation.ts'
import { principal, serveOperations, silentLog } from './serve.ts'

const thing = v.object({
  name: v.pipe(v.string(), v.minLength(2)),
  size: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  list: v.optional(v.array(v.object({ kind: v.picklist(['a', 'b']) }))),
  secret: v.optional(v.pipe(v.string(), v.regex(/^\d+$/))),
})

let last: OperationContext | undefined
const failure = { current: new AppError('conflict', 'the name is taken') as Error }

const operations = [
  operation({
    id: 'thing.get',
    method: 'GET',
    path: '/things/:id',
    summary: 'One thing',
    tag: 'things',
    access: 'guest.read',
    handle: (_op, { params }) => ({ data: params, headers: { ETag: '"7"' } }),
  }),
  operation({
    id: 'thing.search',
    method: 'GET',
    path: '/things/search',
    summary: 'Some things',
    tag: 'things',
    access: 'public',
    query: v.object({ tags: v.optional(v.union([v.string(), v.array(v.string())])) }),
    handle: (_op, { query }) => ({ data: { query } }),
  }),
  operation({
    id: 'thing.create',
    method: 'POST',
    path: '/things',
    aliases: ['/things/:id'],
    summary: 'A new thing',
    tag: 'things',
    access: 'guest.write',
    status: [202, 200],
    body: thing,
    handle: (op, { params, body, base }) => {
      last = op
      return { data: { params, body, base } }
    },
  }),
  operation({
    id: 'thing.delete',
    method: 'DELETE',
    path: '/things/:id',
    summary: 'No thing',
    tag: 'things',
    access: 'guest.write',
    body: v.object({ force: v.optional(v.boolean(), false) }),
    handle: (_op, { body }) => (body.force ? {} : { data: body }),
  }),
  operation({
    id: 'thing.fail',
    method: 'PUT',
    path: '/things/:id/fail',
    summary: 'It fails',
    tag: 'things',
    access: 'session',
    handle: () => {
      throw failure.current
    },
  }),
  operation({
    id: 'thing.download',
    method: 'GET',
    path: '/things/:id/file',
    summary: 'Bytes',
    tag: 'things',
    access: 'public',
    replyType: 'application/octet-stream',
    handle: () => ({ stream: Readable.from([Buffer.from('ab'), Buffer.from('c')]) }),
  }),
  operation({
    id: 'thing.login',
    method: 'POST',
    path: '/login',
    summary: 'A session',
    tag: 'things',
    access: 'public',
    handle: (op) => ({ data: op.who.name, session: { secret: 's3cret', maxAgeSeconds: 60 } }),
  }),
]

const logged: object[] = []
const log: Log = { ...silentLog, error: (fields) => logged.push(fields), child: () => log }

const { app, request } = serveOperations(operations, {
  deps: { log },
  tokens: { reader: principal('reader', ['guest.read']), owner: principal('owner', ['guest.write.own']) },
})

test('both bases and both slash forms reach the operation without a redirect', async () => {
  for (const path of ['/things/x', '/things/x/', '/api/v1/things/x', '/api/v1/things/x/']) {
    const answer = await request('GET', path)
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, { error_code: 0, message: '', data: { id: 'x' } })
  }
  assert.deepEqual((await request('GET', '/things/a%2Fb%20%C3%BC')).data, { id: 'a/b ü' })
  assert.equal((await request('GET', '/things/%ff')).status, 404)
})

test('a fixed word goes before a parameter, whatever the order of declaration', async () => {
  const answer = await request('GET', '/things/search?tags=a&tags=b', undefined, { anonymous: true })
  assert.deepEqual(answer.data, { query: { tags: ['a', 'b'] } })
})

test('aliases, status of success, base and the common query of changes', async () => {
  const answer = await request('POST', '/api/v1/things/7?dry_run=true&wait=5', { name: 'ab', extra: 1 })
  assert.equal(answer.status, 202)
  assert.deepEqual(answer.data, { params: { id: '7' }, body: { name: 'ab' }, base: '/api/v1' })
  assert.equal(last?.dryRun, true)
  assert.equal(last?.waitMs, 5000)
  for (const query of ['wait=601', 'wait=x', 'wait=-1', 'dry_run=maybe'])
    assert.equal((await request('POST', `/things?${query}`, { name: 'ab' })).status, 400, query)
})

test('bodies: any content type, list of one, trailing comma, DELETE, empty', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const named = { name: 'ab' }
  for (const body of ['{"name":"ab"}', '[{"name":"ab"}]', '{"name":"ab",}', '[\n{"name": "ab",\n}, ]'])
    assert.deepEqual((await request('POST', '/things', body, { headers })).body['data'], {
      params: {},
      body: named,
      base: '',
    })
  assert.deepEqual((await request('DELETE', '/things/x', '')).data, { force: false })
  assert.equal((await request('DELETE', '/things/x', { force: true })).data, '')
})

test('a body that is no JSON is refused by line and column, without its text', async () => {
  const answer = await request('POST', '/things', '{\n  "name": hunter2\n}')
  assert.equal(answer.status, 400)
  assert.deepEqual(answer.body['details'], { line: 2, column: 11 })
  for (const body of [
    '{"name":"ab"/**/}',
    '{,}',
    '[,]',
    '{"name":"a",,}',
    "{'name':'ab'}",
    '"hunter2',
    '\u0000',
  ])
    assert.equal((await request('POST', '/things', body)).status, 400, body)
  assert.doesNotMatch(JSON.stringify(answer.body), /hunter2/)
  assert.equal((await request('POST', '/things', Uint8Array.of(0x22, 0xff, 0x22))).status, 400)
})

test('a key that aims at the prototype stays a plain key', async () => {
  const answer = await request('POST', '/things', '{"name":"ab","__proto__":{"size":3},}')
  assert.deepEqual((answer.data as { body: unknown }).body, { name: 'ab' })
})

test('a wrong field is named with its rule and without its value', async () => {
  const cases: [unknown, string, RegExp][] = [
    [{}, 'name', /'name' is missing/],
    [{ name: 'x' }, 'name', />=2 is expected/],
    [{ name: 'ab', size: 0.5 }, 'size', /integer/],
    [{ name: 'ab', size: '0' }, 'size', /number is expected/],
    [{ name: 'ab', list: [{ kind: 'a' }, { kind: 'hunter2' }] }, 'list[1].kind', /"a" \| "b"/],
    [{ name: 'ab', secret: 'hunter2' }, 'secret', /is expected/],
    ['"hunter2"', 'body', /Object is expected/],
  ]
  for (const [body, field, rule] of cases) {
    const answer = await request('POST', '/things', body)
    assert.equal(answer.status, 400)
    assert.equal(answer.body['field'], field)
    assert.match(String(answer.body['message']), rule)
    assert.equal(answer.body['error_code'], 500)
    assert.doesNotMatch(JSON.stringify(answer.body), /hunter2/)
  }
})

test('a body beyond the limit is refused, declared or not', async () => {
  const big = `{"name":"${'x'.repeat(1024 * 1024)}"}`
  assert.equal((await request('POST', '/things', big)).status, 413)
  assert.equal(
    (await request('POST', '/things', 'x', { headers: { 'content-length': '2000000' } })).status,
    413,
  )
})

test('wrong method and unknown path are answered in the envelope', async () => {
  const method = await request('PATCH', '/things/x')
  assert.equal(method.status, 405)
  assert.deepEqual(method.headers.get('allow')?.split(', ').toSorted(), ['DELETE', 'GET', 'POST'])
  assert.equal(method.body['error_code'], 500)
  assert.equal((await request('GET', '/api/v1/nowhere')).body['code'], 'not_found')
})

test('access: credential, permission in some form, dead sessions', async () => {
  const anonymous = await request('POST', '/things', { name: 'ab' }, { anonymous: true })
  assert.equal(anonymous.status, 401)
  assert.equal(anonymous.headers.get('www-authenticate'), 'Bearer')
  assert.equal((await request('POST', '/things', { name: 'ab' }, { as: 'reader' })).status, 403)
  assert.equal((await request('POST', '/things', { name: 'ab' }, { as: 'owner' })).status, 202)
  assert.equal((await request('GET', '/things/x', undefined, { as: 'dead' })).status, 401)
  assert.equal((await request('GET', '/things/search', undefined, { as: 'dead' })).status, 200)
  const bare = await request('GET', '/things/x', undefined, { headers: { authorization: 'main' } })
  assert.equal(bare.status, 200)
})

test('Nano-Session is a credential, and its errors come with status 200', async () => {
  const good = await request('GET', '/things/x', undefined, { headers: { 'nano-session': 'main' } })
  assert.equal(good.status, 200)
  const bad = await request('GET', '/things/x', undefined, { headers: { 'nano-session': 'dead' } })
  assert.equal(bad.status, 200)
  assert.equal(bad.body['code'], 'unauthenticated')
})

test('the cookie: reads freely, changes only from a page of this server, ignored beside a header', async () => {
  const cookie = 'nacelle_session=main'
  const get = (headers: Record<string, string>) => request('GET', '/things/x', undefined, { headers })
  const post = (headers: Record<string, string>) => request('POST', '/things', { name: 'ab' }, { headers })
  assert.equal((await get({ cookie })).status, 200)
  assert.equal((await post({ cookie })).status, 403)
  assert.equal((await post({ cookie, host: 'a.example', origin: 'https://b.example' })).status, 403)
  assert.equal((await post({ cookie, host: 'a.example', origin: 'null' })).status, 403)
  assert.equal((await post({ cookie, host: 'a.example:443', origin: 'https://a.example' })).status, 202)
  assert.equal((await get({ cookie, authorization: 'Bearer dead' })).status, 401)
})

test('login sets the cookie for this server only', async () => {
  const here = await request('POST', '/login', undefined, { anonymous: true })
  assert.match(
    here.headers.get('set-cookie') ?? '',
    /^nacelle_session=s3cret; Max-Age=60; Path=\/; HttpOnly; SameSite=Strict$/,
  )
  const foreign = { host: 'a.example', origin: 'https://b.example' }
  const there = await request('POST', '/login', undefined, { headers: foreign, anonymous: true })
  assert.equal(there.headers.get('set-cookie'), null)
})

test('errors: true status, code, field, details; internal ones tell nothing', async () => {
  const cases: [Error, number][] = [
    [new AppError('conflict', 'the name is taken'), 409],
    [new AppError('busy', 'locked', { details: { holder: 'task 7' } }), 409],
    [new AppError('insufficient_capacity', 'too big', { field: 'memory' }), 409],
    [new AppError('unsupported', 'raw LUNs have no snapshots'), 422],
    [new AppError('unavailable', 'libvirt does not answer'), 503],
    [new AppError('precondition_required', 'send If-Match'), 428],
    [new AppError('forbidden', 'too many tries', { details: { retryAfterSeconds: 3.2 } }), 429],
    [new Error('hunter2'), 500],
  ]
  for (const [error, status] of cases) {
    failure.current = error
    const answer = await request('PUT', '/things/x/fail', undefined, { headers: { 'x-request-id': 'abc-1' } })
    assert.equal(answer.status, status)
    assert.equal(answer.body['request_id'], 'abc-1')
    assert.match(String(answer.body['message']), /^[A-Z].*\.$/)
    assert.doesNotMatch(JSON.stringify(answer.body), /hunter2/)
  }
  assert.equal(logged.length, 1)
  assert.deepEqual(logged[0], {
    err: failure.current,
    request: 'abc-1',
    path: '/things/x/fail',
    who: 'admin',
  })
})

test('a stream is sent as bytes, an unchanged resource as 304', async () => {
  const file = await app.request('/things/x/file/')
  assert.equal(file.headers.get('content-type'), 'application/octet-stream')
  assert.equal(await file.text(), 'abc')
  const headers = { authorization: 'main', 'if-none-match': '"7"' }
  const unchanged = await app.request('/things/x', { headers })
  assert.equal(unchanged.status, 304)
  assert.equal(await unchanged.text(), '')
})
