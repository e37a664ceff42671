import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkDocument } from '../../src/http/openapi/check.ts'
import { patternsOf } from '../../src/http/router.ts'
import { mainOperations } from '../../src/main/operations.ts'
import { principal, serveOperations } from './serve.ts'

/** Services that nobody calls here: routes are data, and only their handlers look into services. */
const anything: unknown = new Proxy(() => undefined, {
  get: (_target, name) => (name === Symbol.toPrimitive ? () => '' : anything),
  apply: () => {
    throw new Error('a handler was reached')
  },
})

const operations = mainOperations(...([anything, anything] as Parameters<typeof mainOperations>))
const tokens = { powerless: principal('powerless', []) }
const { request } = serveOperations(operations, { tokens })

const paths = (pattern: string) =>
  ['', '/api/v1'].flatMap((base) => ['', '/'].map((end) => base + pattern.replace(/:\w+/g, 'x') + end))

// Whoever makes a route public must say so here too.
const publicOperations = ['session.create', 'system.get', 'system.setup']

test('the API document and the routes hold the same, looked at from both sides', () => {
  assert.deepEqual(checkDocument(operations), [])
  assert.ok(operations.length > 10)
})

test('every route of every base refuses strangers, except the few that are public', async () => {
  for (const operation of operations)
    for (const path of patternsOf(operation).flatMap(paths)) {
      if (operation.access === 'public') {
        assert.ok(publicOperations.includes(operation.id), `${operation.id} is public`)
        continue
      }
      const { status } = await request(operation.method, path, undefined, { anonymous: true })
      assert.equal(status, 401, `${operation.method} ${path}`)
    }
})

test('every route with a permission refuses who has none', async () => {
  for (const operation of operations.filter(({ access }) => access !== 'public' && access !== 'session'))
    for (const path of patternsOf(operation).flatMap(paths)) {
      const { status } = await request(operation.method, path, undefined, { as: 'powerless' })
      assert.equal(status, 403, `${operation.method} ${path}`)
    }
})
