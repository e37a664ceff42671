import type * as v from 'valibot'
import { errorSchema } from '../nano/wire.ts'
import type { ObjectSchema, Operation } from '../operation.ts'
import { patternsOf } from '../router.ts'
import { type Components, convert, type JsonSchema, newComponents } from './schemas.ts'
import { type PathItem, serverPaths } from './server-paths.ts'

export interface OpenApiDocument {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } }
  servers: { url: string; description: string }[]
  tags: { name: string }[]
  security: Record<string, never[]>[]
  paths: Record<string, PathItem>
  components: Record<string, unknown>
}

/** The document of the main API, from the schemas that validate it. `components` may be given to look into it. */
export function openapiDocument(
  operations: readonly Operation[],
  info: { version: string },
  components: Components = newComponents(),
): OpenApiDocument {
  const paths: Record<string, PathItem> = {}
  for (const operation of operations)
    for (const [index, pattern] of patternsOf(operation).entries()) {
      const path = openapiPath(pattern)
      paths[path] ??= {}
      paths[path][operation.method.toLowerCase()] = describe({ operation, pattern, index }, components)
    }
  const error = convert(errorSchema, 'output', components)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Nacelle',
      version: info.version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: '/api/v1', description: 'The API' },
      { url: '/', description: 'The same at the root' },
    ],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ bearer: [] }, { nanoSession: [] }, { cookie: [] }],
    paths: { ...paths, ...serverPaths },
    components: {
      schemas: components.schemas,
      parameters: commonParameters,
      responses: { Error: { description: 'What was wrong and what to do', content: json(error) } },
      securitySchemes,
    },
  }
}

const description = [
  'Every path is served with and without a trailing slash.',
  'Answers come in an envelope: `error_code` 0 and the payload in `data`, or `error_code` 500 with `message`, `code`,',
  '`request_id` and, where one input was wrong, `field`. Failures have true HTTP statuses, except for callers that send',
  '`Nano-Session`: they get HTTP 200 and the same body.',
].join(' ')

const commonParameters = {
  dryRun: {
    name: 'dry_run',
    in: 'query',
    description: 'Only describe what would be done.',
    schema: { type: 'boolean', default: false },
  },
  wait: {
    name: 'wait',
    in: 'query',
    description: 'Seconds to queue for locks that others hold, instead of being answered `busy` at once.',
    schema: { type: 'number', minimum: 0, maximum: 600, default: 0 },
  },
}

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A session secret or a token; `Authorization: <secret>` without the word Bearer is taken as well.',
  },
  nanoSession: { type: 'apiKey', in: 'header', name: 'Nano-Session' },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'nacelle_session',
    description: 'Set at login for browsers; changes with it need an Origin of this server.',
  },
}

export const openapiPath = (pattern: string) => pattern.replace(/:(\w+)/g, '{$1}')

/** Names of the parameters in a path. */
export const pathParameters = (pattern: string) =>
  [...pattern.matchAll(/:(\w+)/g)].map((found) => found[1] as string)

interface Described {
  operation: Operation
  pattern: string
  /** 0 for the path itself, else which of its aliases. */
  index: number
}

function describe({ operation, pattern, index }: Described, components: Components): Record<string, unknown> {
  const spelling = index === 0 ? undefined : `Another spelling of \`${openapiPath(operation.path)}\`.`
  const text = [operation.description, spelling].filter((part) => part !== undefined).join('\n\n')
  return {
    operationId: index === 0 ? operation.id : `${operation.id}.alias${index}`,
    summary: operation.summary,
    ...(text === '' ? {} : { description: text }),
    tags: [operation.tag],
    ...(operation.access === 'public' ? { security: [] } : {}),
    'x-access': operation.access,
    parameters: parametersOf(operation, pattern, components),
    ...requestBody(operation, components),
    responses: responsesOf(operation, components),
  }
}

function parametersOf(operation: Operation, pattern: string, components: Components): unknown[] {
  const declared = propertiesOf(operation.params, components)
  const path = pathParameters(pattern).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: declared.properties[name] ?? { type: 'string' },
  }))
  const { properties, required } = propertiesOf(operation.query, components)
  const query = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    ...(required.has(name) ? { required: true } : {}),
    schema,
  }))
  const common = operation.method === 'GET' ? [] : ['dryRun', 'wait']
  return [...path, ...query, ...common.map((name) => ({ $ref: `#/components/parameters/${name}` }))]
}

function propertiesOf(schema: ObjectSchema | undefined, components: Components) {
  const converted = schema === undefined ? {} : convert(schema as v.GenericSchema, 'input', components)
  return {
    properties: (converted.properties ?? {}) as Record<string, JsonSchema>,
    required: new Set(converted.required ?? []),
  }
}

function requestBody(operation: Operation, components: Components): Record<string, unknown> {
  if (operation.bodyType === 'stream') return { requestBody: { required: true, content: streamContent } }
  if (operation.body === undefined) return {}
  return { requestBody: { content: json(convert(operation.body, 'input', components)) } }
}

const streamContent = {
  'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
  'multipart/form-data': {
    schema: { type: 'object', properties: { image: { type: 'string', format: 'binary' } } },
  },
}

function responsesOf(operation: Operation, components: Components): Record<string, unknown> {
  const content =
    operation.replyType === undefined
      ? json(envelopeOf(operation, components))
      : { [operation.replyType]: { schema: { type: 'string', format: 'binary' } } }
  const success = (operation.status ?? [200]).map((status) => [
    String(status),
    { description: 'Done', content },
  ])
  const failures = failuresOf(operation).map((status) => [status, { $ref: '#/components/responses/Error' }])
  return Object.fromEntries([...success, ...failures])
}

function failuresOf({ access, body, query, params, method }: Operation): string[] {
  const inputs = body !== undefined || query !== undefined || params !== undefined || method !== 'GET'
  const guarded = access === 'public' ? [] : ['401', '403']
  return [...(inputs ? ['400'] : []), ...guarded, ...(params === undefined ? [] : ['404']), 'default']
}

function envelopeOf({ reply }: Operation, components: Components): JsonSchema {
  const data = reply === undefined ? { const: '' } : convert(reply, 'output', components)
  return {
    type: 'object',
    required: ['error_code', 'message', 'data'],
    properties: { error_code: { const: 0 }, message: { const: '' }, data },
  }
}

const json = (schema: JsonSchema) => ({ 'application/json': { schema } })
