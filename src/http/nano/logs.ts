import * as v from 'valibot'
import type { Logs } from '../../core/logs/logs.ts'
import { type Operation, operation } from '../operation.ts'
import { changed } from './changed.ts'
import { timeText } from './guest-wire.ts'
import { text, texts, timeQuery, whole, wholeText } from './identity-schemas.ts'

const tag = 'Logs'

const entry = v.object({ id: text('Id.'), time: text('UTC.'), content: text('What happened.') })

export const logOperations = ({ logs }: { logs: Logs }): Operation[] => [
  operation({
    id: 'log.list',
    method: 'GET',
    path: '/logs',
    summary: 'Log entries, newest first: those of the last day unless times are given',
    description: 'Below `/api/v1` with the total of what matches; at the root the plain list.',
    tag,
    query: v.object({
      limit: v.optional(wholeText('The most entries to give.', 1, 1000), '20'),
      start: v.optional(wholeText('How many to leave out at the beginning.', 0, 1e9), '0'),
      after: v.optional(timeQuery('Not before this time.')),
      before: v.optional(timeQuery('Before this time.')),
    }),
    reply: v.union([v.object({ logs: v.array(entry), total: whole('How many match.') }), v.array(entry)]),
    access: 'log.read',
    handle(op, { query, base }) {
      const { limit, start, after, before } = query
      const found = logs.list(op, { limit, offset: start, after, before })
      const entries = found.entries.map(({ id, time, content }) => ({ id, time: timeText(time), content }))
      return { data: base === '' ? entries : { logs: entries, total: found.total } }
    },
  }),
  operation({
    id: 'log.add',
    method: 'POST',
    path: '/logs',
    summary: 'Add a log entry; everybody who has logged in may',
    tag,
    body: v.object({
      format: v.optional(
        v.pipe(
          v.picklist(['string', 'text', ''], "must be 'string': log entries are plain text"),
          v.description('Format of the content.'),
        ),
      ),
      content: text('What happened.'),
    }),
    access: 'session',
    handle: async (op, { body }) => changed(op, await logs.add(op, body.content)),
  }),
  operation({
    id: 'log.delete',
    method: 'DELETE',
    path: '/logs',
    summary: 'Delete log entries; the journal keeps that they were',
    tag,
    body: v.object({ entries: texts('Ids of the entries.') }),
    access: 'log.write',
    handle: async (op, { body }) => changed(op, await logs.remove(op, body.entries)),
  }),
]
