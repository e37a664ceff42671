import type { IncomingMessage } from 'node:http'
import { AppError } from '../../core/errors.ts'
import { parseJsonBody, readBody, unwrapSingle } from '../body.ts'
import type { Operation } from '../operation.ts'
import type { HttpContext } from '../request-context.ts'
import { validate } from '../validate.ts'

const mostWaitSeconds = 600

/** Repeated keys become lists. `dry_run` and `wait` belong to every change and reach no schema. */
export function readQuery(c: HttpContext, operation: Operation) {
  const query: Record<string, unknown> = {}
  for (const [name, values] of Object.entries(c.req.queries()))
    query[name] = values.length === 1 ? values[0] : values
  if (operation.method === 'GET') return { query, dryRun: false, waitMs: 0 }
  const { dry_run, wait, ...own } = query
  return { query: own, dryRun: readFlag(dry_run), waitMs: readWait(wait) }
}

function readFlag(value: unknown): boolean {
  if (value === undefined || value === 'false' || value === '0') return false
  if (value === 'true' || value === '1') return true
  throw new AppError('invalid', "'dry_run' must be true or false.", { field: 'dry_run' })
}

function readWait(value: unknown): number {
  if (value === undefined) return 0
  const seconds = typeof value === 'string' && value !== '' ? Number(value) : Number.NaN
  if (seconds >= 0 && seconds <= mostWaitSeconds) return seconds * 1000
  throw new AppError('invalid', `'wait' must be a number of seconds from 0 to ${mostWaitSeconds}.`, {
    field: 'wait',
  })
}

// Whatever the content type says: clients send JSON under the type of forms, and bodies on DELETE.
export async function bodyOf(incoming: IncomingMessage, operation: Operation): Promise<unknown> {
  if (operation.body === undefined || operation.bodyType === 'stream') return undefined
  const bytes = await readBody(incoming, incoming.headers['content-length'])
  const value = unwrapSingle(parseJsonBody(bytes), operation.body.type === 'array')
  return validate(operation.body, value, 'body')
}

/** Path parameters or the query as the schema makes them; as they are without one. */
export const checked = (schema: Operation['params'], value: unknown, place: 'path' | 'query') =>
  schema === undefined ? value : validate(schema, value, place)
