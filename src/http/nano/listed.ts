import { Readable } from 'node:stream'
import * as v from 'valibot'
import type { Listing } from '../../core/paging.ts'
import type { OperationReply } from '../operation.ts'
import { wholeText } from './identity-schemas.ts'

/** Of lists that are whole unless somebody asks for a part. */
export const partQuery = {
  limit: v.optional(wholeText('The most to give; left out: all.', 1, 1e9)),
  offset: v.optional(wholeText('How many to leave out at the beginning.', 0, 1e9)),
}

/**
 * A list, with `X-Total-Count` for how many match whatever part was asked for. A short one is one JSON text; a long one is
 * written page by page as it is read, so that neither memory nor the event loop carries it whole.
 */
export function listed<T>({ total, first, rest }: Listing<T>, render: (item: T) => unknown): OperationReply {
  const headers = { 'X-Total-Count': String(total) }
  if (rest === undefined) return { data: first.map(render), headers }
  return { stream: Readable.from(written(first, rest, render), { objectMode: false }), headers }
}

async function* written<T>(
  first: readonly T[],
  rest: AsyncIterable<readonly T[]>,
  render: (item: T) => unknown,
): AsyncGenerator<string> {
  yield `{"error_code":0,"message":"","data":[${inside(first.map(render))}`
  for await (const page of rest) yield `,${inside(page.map(render))}`
  yield ']}\n'
}

/** The elements of a list as JSON, without its brackets. */
const inside = (items: readonly unknown[]): string => JSON.stringify(items).slice(1, -1)
