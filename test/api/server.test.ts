import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import { operation } from '../../src/http/operation.ts'
import { proxyList } from '../../src/http/request-context.ts'
import { principal } from './serve.ts'
import { bodyOf, runServer } from './server-running.ts'

const common = { summary: 'words', tag: 'things', access: 'public' } as const

const upload = operation({
  ...common,
  id: 'thing.upload',
  method: 'POST',
  path: '/things/:id/file',
  bodyType: 'stream',
  handle: async (_op, { incoming }) => {
    let size = 0
    for await (const chunk of incoming) size += chunk.length
    return { data: { size } }
  },
})

const create = operation({
  ...common,
  id: 'thing.create',
  method: 'POST',
  path: '/things',
  body: v.object({ name: v.string() }),
  handle: (_op, { body }) => ({ data: body }),
})

test('probes: alive, ready, not ready without telling why', async () => {
  const checks = {
    database: () => undefined,
    hypervisor: () => Promise.reject(new Error('hunter2')),
  }
  const server = await runServer({ deps: { checks } })
  assert.equal(await (await fetch(`${server.url}/healthz`)).text(), 'alive\n')
  const ready = await fetch(`${server.url}/readyz`)
  assert.equal(ready.status, 503)
  assert.deepEqual(await ready.json(), { ready: false, checks: { database: 'ok', hypervisor: 'failing' } })
  await server.close(1000)
  const good = await runServer({ deps: { checks: { database: () => true } } })
  assert.equal((await fetch(`${good.url}/readyz`)).status, 200)
  await good.close(1000)
})

test('metrics: free to this host, else with the permission; routes by pattern', async () => {
  const tokens = { reader: principal('reader', ['system.read']), other: principal('other', ['guest.read']) }
  const server = await runServer({ deps: { operations: [create] }, tokens })
  await fetch(`${server.url}/things/`, { method: 'POST', body: '{"name":"a"}' })
  const text = await (await fetch(`${server.url}/metrics`)).text()
  assert.match(
    text,
    /nacelle_http_request_duration_seconds_count\{method="POST",route="\/things",status="200"\} 1/,
  )
  const proxied = async (headers: Record<string, string>) =>
    (await fetch(`${server.url}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1', ...headers } })).status
  assert.equal(await proxied({}), 401)
  assert.equal(await proxied({ authorization: 'other' }), 403)
  assert.equal(await proxied({ authorization: 'reader' }), 200)
  await server.close(1000)
})

test('pages: / leads browsers to /ui/, which has a strict policy', async () => {
  const server = await runServer()
  const root = await fetch(server.url, { headers: { accept: 'text/html' }, redirect: 'manual' })
  assert.equal(root.headers.get('location'), '/ui/')
  assert.equal((await bodyOf(await fetch(server.url)))['api'], '/api/v1')
  // Built or not: what is sent and how is proved in src/http/assets.test.ts.
  const page = await fetch(`${server.url}/ui/guests/some-guest`)
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /script-src 'self';.*style-src 'self';.*worker-src 'self';.*frame-ancestors 'none'/)
  assert.doesNotMatch(policy, /unsafe/)
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff')
  await server.close(1000)
})

test('the API document is public, unknown paths are answered in the envelope', async () => {
  const server = await runServer({ deps: { operations: [create] } })
  const document = (await (await fetch(`${server.url}/api-docs`)).json()) as { paths: object }
  assert.ok('/things' in document.paths)
  const missing = await fetch(`${server.url}/nowhere`)
  assert.equal(missing.status, 404)
  assert.equal((await bodyOf(missing))['error_code'], 500)
  await server.close(1000)
})

test('a body beyond the limit is answered 413 on the wire, not cut', async () => {
  const server = await runServer({ deps: { operations: [create] } })
  const chunked = Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(64 * 1024, 0x20)))
  const answer = await fetch(`${server.url}/things`, {
    method: 'POST',
    body: Readable.toWeb(chunked) as ReadableStream,
    duplex: 'half',
  } as RequestInit)
  assert.equal(answer.status, 413)
  assert.equal((await bodyOf(answer))['code'], 'invalid')
  await server.close(1000)
})

test('a slow upload arrives whole; its end before its time is no internal error', async () => {
  const server = await runServer({ deps: { operations: [upload, create] } })
  const request = httpRequest(`${server.url}/api/v1/things/1/file/`, { method: 'POST' })
  const answered = once(request, 'response')
  for (let part = 0; part < 5; part++) {
    request.write(Buffer.alloc(1000))
    await sleep(20)
  }
  request.end()
  const [response] = await answered
  assert.deepEqual(JSON.parse((await response.toArray()).join('')).data, { size: 5000 })
  await server.close(1000)
})

test('raw requests: none breaks the server', async () => {
  const server = await runServer({ deps: { operations: [create] } })
  const say = async (text: string) => {
    const socket = connect(server.port, '127.0.0.1')
    socket.end(text)
    return (await socket.toArray().catch(() => [])).join('')
  }
  assert.match(await say('nonsense\r\n\r\n'), /^HTTP\/1\.1 400/)
  assert.match(await say('GET /healthz HTTP/1.0\r\n\r\n'), /200 OK/)
  assert.match(
    await say(`GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431/,
  )
  assert.match(
    await say('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: h2c\r\n\r\n'),
    /200 OK/,
  )
  await say('POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{"na')
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  await server.close(1000)
})

test('close lets a request finish, ends event streams and takes no new connection', async () => {
  const slow = operation({
    ...common,
    id: 'thing.slow',
    method: 'GET',
    path: '/slow',
    handle: async () => {
      await sleep(300)
      return { data: 'done' }
    },
  })
  const server = await runServer({ deps: { operations: [slow] } })
  const events = await fetch(`${server.url}/events`, { headers: { authorization: 'main' } })
  const answer = fetch(`${server.url}/slow`)
  await sleep(100)
  const started = performance.now()
  await server.close(5000)
  assert.ok(performance.now() - started < 2000)
  assert.equal((await bodyOf(await answer))['data'], 'done')
  assert.match(await events.text(), /event: hello/)
  await assert.rejects(fetch(`${server.url}/healthz`))
})

test('close cuts what does not end within the limit', async () => {
  const hanging = operation({
    ...common,
    id: 'thing.hang',
    method: 'GET',
    path: '/hang',
    handle: () => new Promise(() => undefined),
  })
  const server = await runServer({ deps: { operations: [hanging] } })
  const answer = assert.rejects(fetch(`${server.url}/hang`))
  await sleep(100)
  await server.close(200)
  await answer
})

test('a download is streamed with its headers; HEAD sends none of it; a gone client ends the source', async () => {
  let ended = 0
  const endless = operation({
    ...common,
    id: 'thing.download',
    method: 'GET',
    path: '/things/:id/file',
    replyType: 'application/x-disk',
    handle: (_op, { params }) => {
      const bytes = params['id'] === 'small' ? [Buffer.from('abc')] : forever()
      const stream = Readable.from(bytes)
      stream.on('close', () => ended++)
      return { stream, headers: { 'Content-Disposition': 'attachment' } }
    },
  })
  function* forever() {
    while (true) yield Buffer.alloc(65_536)
  }
  const server = await runServer({ deps: { operations: [endless] } })
  const small = await fetch(`${server.url}/things/small/file`)
  assert.equal(small.headers.get('content-type'), 'application/x-disk')
  assert.equal(small.headers.get('content-disposition'), 'attachment')
  assert.equal(small.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(await small.text(), 'abc')
  const head = await fetch(`${server.url}/things/big/file`, { method: 'HEAD' })
  assert.equal(head.headers.get('content-type'), 'application/x-disk')
  const abort = new AbortController()
  const big = await fetch(`${server.url}/things/big/file`, { signal: abort.signal })
  await big.body?.getReader().read()
  abort.abort()
  for (let tries = 0; tries < 100 && ended < 3; tries++) await sleep(10)
  assert.equal(ended, 3)
  await server.close(1000)
})

test('who asks before sending a body is refused without it, or invited', async () => {
  const guarded = { ...upload, access: 'image.write' as const }
  const server = await runServer({ deps: { operations: [guarded] } })
  const ask = async (headers: Record<string, string>) => {
    const request = httpRequest(`${server.url}/things/1/file`, {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': '3', ...headers },
    })
    let invited = false
    request.on('continue', () => {
      invited = true
      request.end('abc')
    })
    request.on('error', () => undefined)
    request.flushHeaders()
    const [response] = await once(request, 'response')
    response.resume()
    await once(response, 'end')
    request.destroy()
    return { invited, status: response.statusCode }
  }
  assert.deepEqual(await ask({}), { invited: false, status: 401 })
  assert.deepEqual(await ask({ authorization: 'main' }), { invited: true, status: 200 })
  await server.close(1000)
})

test('a configured proxy is believed about the caller, nobody else is', async () => {
  const who = operation({
    ...common,
    id: 'thing.login',
    method: 'POST',
    path: '/login',
    handle: (op) => ({ data: op.address, session: { secret: 's', maxAgeSeconds: 1 } }),
  })
  const headers = {
    'x-forwarded-for': '203.0.113.9, 198.51.100.7, 127.0.0.1',
    'x-forwarded-proto': 'https',
  }
  for (const [proxies, address, secure] of [
    [undefined, '127.0.0.1', false],
    [proxyList(['192.0.2.1']), '127.0.0.1', false],
    [proxyList(['127.0.0.1']), '198.51.100.7', true],
    [proxyList(['127.0.0.1', '198.51.100.7']), '203.0.113.9', true],
  ] as const) {
    const server = await runServer({ deps: { operations: [who], proxies } })
    const answer = await fetch(`${server.url}/login`, { method: 'POST', headers })
    assert.equal((await bodyOf(answer))['data'], address)
    assert.equal(/; Secure/.test(answer.headers.get('set-cookie') ?? ''), secure)
    await server.close(1000)
  }
})
