import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { mountAssets, type Pages } from './assets.ts'
import type { HttpEnv } from './request-context.ts'

const script = "console.log('pages')\n".repeat(20)
const index = '<!doctype html><title>Nacelle</title>'

const files: Record<string, Uint8Array> = {
  'index.html': Buffer.from(index),
  'index.html.br': brotliCompressSync(index),
  'assets/main-x1.js': Buffer.from(script),
  'assets/main-x1.js.br': brotliCompressSync(script),
  'assets/main-x1.js.gz': gzipSync(script),
  'assets/text-x1.woff2': Buffer.from('font'),
  'icon.svg': Buffer.from('<svg/>'),
}

function served(given: Record<string, Uint8Array> = files) {
  const reads: string[] = []
  const pages: Pages = {
    paths: Object.keys(given),
    read: (path) => {
      reads.push(path)
      return given[path] as Uint8Array
    },
  }
  const app = new Hono<HttpEnv>()
  mountAssets(app, pages)
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    app.request(`http://localhost${path}`, { method, headers })
  return { get, reads }
}

test('each file comes in the smallest form that the caller takes', async () => {
  const { get } = served()
  const cases: [accepted: string, encoding: string | null][] = [
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['*', 'br'],
    ['gzip;q=0, *;q=0', null],
    ['identity', null],
    ['', null],
  ]
  const tags = new Set<string | null>()
  for (const [accepted, encoding] of cases) {
    const answer = await get('/ui/assets/main-x1.js', { 'accept-encoding': accepted })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-encoding'), encoding, accepted)
    assert.equal(answer.headers.get('vary'), 'Accept-Encoding')
    assert.match(answer.headers.get('content-type') ?? '', /^text\/javascript/)
    const body = Buffer.from(await answer.arrayBuffer())
    assert.equal(answer.headers.get('content-length'), String(body.length))
    const plain = encoding === 'br' ? brotliDecompressSync(body) : encoding ? gunzipSync(body) : body
    assert.equal(plain.toString(), script)
    tags.add(answer.headers.get('etag'))
  }
  assert.equal(tags.size, 3, 'each form has a tag of its own')
  const font = await get('/ui/assets/text-x1.woff2', { 'accept-encoding': 'br' })
  assert.equal(font.headers.get('content-encoding'), null)
  assert.equal(font.headers.get('content-type'), 'font/woff2')
})

test('what has a hash in its name is kept for ever, the rest is asked for again', async () => {
  const { get } = served()
  const cacheOf = async (path: string) => (await get(path)).headers.get('cache-control')
  assert.equal(await cacheOf('/ui/assets/main-x1.js'), 'public, max-age=31536000, immutable')
  assert.equal(await cacheOf('/ui/'), 'no-cache')
  assert.equal(await cacheOf('/ui/icon.svg'), 'no-cache')
  assert.equal(await cacheOf('/ui/instances'), 'no-cache')
})

test('a tag that is still right is answered with 304, whoever weakened it', async () => {
  const { get } = served()
  const tag = (await get('/ui/', { 'accept-encoding': 'br' })).headers.get('etag') ?? ''
  for (const given of [tag, `W/${tag}`, `"other", ${tag}`]) {
    const answer = await get('/ui/', { 'accept-encoding': 'br', 'if-none-match': given })
    assert.equal(answer.status, 304, given)
    assert.equal(answer.headers.get('etag'), tag)
  }
  assert.equal((await get('/ui/', { 'if-none-match': tag })).status, 200, 'the tag of another form')
})

test('a path without a file is a page, unless a file was meant', async () => {
  const { get } = served()
  const browser = { accept: 'text/html,application/xhtml+xml' }
  for (const [path, headers] of [
    ['/ui/', {}],
    ['/ui/instances/some-guest', {}],
    ['/ui/storage/pool.example', browser],
  ] as const)
    assert.equal(await (await get(path, headers)).text(), index, path)
  for (const [path, headers] of [
    ['/ui/missing.js', {}],
    ['/ui/assets/main-old.js', browser],
    ['/ui/assets/', browser],
    ['/ui/index.html.br', {}],
    ['/ui/%2e%2e/package.json', {}],
    ['/ui/..%2f..%2fpackage.json', {}],
    ['/ui/%ff', {}],
  ] as const)
    assert.equal((await get(path, headers)).status, 404, path)
  assert.equal((await get('/ui')).headers.get('location'), '/ui/')
})

test('HEAD tells the length without the bytes', async () => {
  const { get } = served()
  const answer = await get('/ui/icon.svg', {}, 'HEAD')
  assert.equal(answer.headers.get('content-length'), '6')
  assert.equal(await answer.text(), '')
})

test('a file is read when it is first asked for, and then kept', async () => {
  const { get, reads } = served()
  assert.deepEqual(reads, [])
  for (let round = 0; round < 2; round++) await get('/ui/assets/main-x1.js', { 'accept-encoding': 'br' })
  assert.deepEqual(reads, ['assets/main-x1.js.br'])
})

test('without built pages a sentence says how they are built', async () => {
  const answer = await served({}).get('/ui/')
  assert.equal(answer.status, 503)
  assert.match(await answer.text(), /npm run web/)
})
