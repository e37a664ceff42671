import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { checkDocument } from '../../src/http/openapi/check.ts'
import { openapiDocument } from '../../src/http/openapi/document.ts'
import { type Operation, operation } from '../../src/http/operation.ts'

const disk = v.pipe(
  v.object({ sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
  v.metadata({ ref: 'Disk' }),
)
const guest = v.pipe(v.object({ id: v.string(), disks: v.array(disk) }), v.title('Guest'))
const create = v.object({
  name: v.pipe(v.string(), v.maxLength(128)),
  memory: v.pipe(
    v.number(),
    v.transform((mib) => `${mib}`),
  ),
  disks: v.optional(v.array(disk), []),
})

const base = { summary: 'words', tag: 'guests', access: 'guest.read', handle: () => ({}) } as const
const list = operation({
  ...base,
  id: 'guest.list',
  method: 'GET',
  path: '/guests',
  query: v.object({ pool: v.string(), limit: v.optional(v.pipe(v.string(), v.transform(Number))) }),
  reply: v.array(guest),
})
const get = operation({
  ...base,
  id: 'guest.get',
  method: 'GET',
  path: '/guests/:id',
  aliases: ['/guest/:id'],
  params: v.object({ id: v.pipe(v.string(), v.uuid()) }),
  status: [200, 201],
  reply: guest,
})
const make = operation({
  ...base,
  id: 'guest.create',
  method: 'POST',
  path: '/guests',
  body: create,
  status: [202],
})
const login = operation({
  ...base,
  id: 'session.create',
  method: 'POST',
  path: '/sessions',
  access: 'public',
})

test('the document is made from the schemas that validate', () => {
  const document = openapiDocument([list, get, make, login], { version: '1.2.3' })
  const at = (path: string, method: string) => document.paths[path]?.[method] as Record<string, unknown>
  assert.equal(document.info.version, '1.2.3')
  assert.equal(at('/guests', 'get')['operationId'], 'guest.list')
  assert.deepEqual(at('/guests', 'get')['parameters'], [
    { name: 'pool', in: 'query', required: true, schema: { type: 'string' } },
    { name: 'limit', in: 'query', schema: { type: 'string' } },
  ])
  const parameters = at('/guest/{id}', 'get')['parameters']
  assert.deepEqual(parameters, [
    { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
  ])
  assert.equal(at('/guest/{id}', 'get')['operationId'], 'guest.get.alias1')
  assert.deepEqual(Object.keys(at('/guests/{id}', 'get')['responses'] as object), [
    '200',
    '201',
    '400',
    '401',
    '403',
    '404',
    'default',
  ])
  assert.deepEqual(at('/sessions', 'post')['security'], [])
  const schemas = document.components['schemas'] as Record<string, Record<string, unknown>>
  assert.deepEqual(Object.keys(schemas).toSorted(), ['Disk', 'Error', 'Guest'])
  assert.deepEqual((schemas['Guest'] as { properties: Record<string, unknown> }).properties['disks'], {
    type: 'array',
    items: { $ref: '#/components/schemas/Disk' },
  })
  assert.match(JSON.stringify(at('/guests', 'post')['requestBody']), /"memory":\{"type":"number"\}/)
})

test('a sound list has no problems', () => {
  assert.deepEqual(checkDocument([list, get, make, login]), [])
})

test('each way of being unsound is told', () => {
  const other = v.pipe(v.object({ different: v.boolean() }), v.metadata({ ref: 'Disk' }))
  const cases: [Operation[], RegExp][] = [
    [[list, { ...get, id: 'guest.list' }], /'guest.list' is used more than once/],
    [
      [get, { ...get, id: 'guest.find', path: '/guests/:name', aliases: [], params: undefined }],
      /claimed more than once/,
    ],
    [[{ ...get, params: v.object({ id: v.string(), disk: v.string() }) }], /parameter 'disk'/],
    [[{ ...get, access: 'guest.everything' as 'public' }], /no rule/],
    [[get, { ...make, body: other }], /'Disk' means two/],
  ]
  for (const [operations, problem] of cases) assert.match(checkDocument(operations).join('\n'), problem)
})
