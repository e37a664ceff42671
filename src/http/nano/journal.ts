import * as v from 'valibot'
import type { Journal, JournalEntry } from '../../core/journal/journal.ts'
import { type Operation, operation } from '../operation.ts'
import { text, timeQuery, whole, wholeText } from './identity-schemas.ts'
import { tableNamed, tableWord } from './table-words.ts'

const tag = 'Journal'

const row = v.nullable(v.record(v.string(), v.unknown()))
const entry = v.object({
  revision: whole('Number of the commit.'),
  time: text('UTC, to the millisecond.'),
  who: text('User.'),
  request_id: text('Request that it came from.'),
  action: text('What was done, e.g. `guest.create manager.web1`.'),
  hash: text('SHA-256 over this commit and the hash of the one before.'),
  changes: v.array(
    v.object({
      table: text('Table.'),
      key: text('Key of the row.'),
      before: v.nullable(whole('Version that was changed; null: the row was new.')),
      after: v.pipe(row, v.description('The row as it became, without secrets; null: it was deleted.')),
    }),
  ),
})

const rendered = ({ time, requestId, changes, ...rest }: JournalEntry) => ({
  ...rest,
  changes: changes.map(({ table, ...change }) => ({ ...change, table: tableWord(table) })),
  time: new Date(time).toISOString(),
  request_id: requestId,
})

const verdict = v.object({
  ok: v.boolean(),
  revisions: whole('How many commits were found sound.'),
  hash: text('Hash of the last of them: kept elsewhere, it proves that the end was not cut off.'),
  broken: v.optional(v.object({ revision: whole('Where.'), reason: text('What is wrong.') })),
})

export const journalOperations = ({ journal }: { journal: Journal }): Operation[] => [
  operation({
    id: 'journal.list',
    method: 'GET',
    path: '/journal',
    summary: 'Who changed what and when, newest first',
    tag,
    query: v.object({
      who: v.optional(text('User.')),
      request_id: v.optional(text('Id of a request.')),
      table: v.optional(text('Table, e.g. `guest` or `storage_pool`.')),
      key: v.optional(text('Key of a row of that table.')),
      after: v.optional(timeQuery('Not before this time.')),
      before: v.optional(timeQuery('Before this time.')),
      limit: v.optional(wholeText('The most entries to give.', 1, 500), '50'),
      offset: v.optional(wholeText('How many to leave out at the beginning.', 0, 1e9), '0'),
    }),
    reply: v.object({ entries: v.array(entry), total: whole('How many match.') }),
    access: 'journal.read',
    handle(op, { query: { request_id, table, ...rest } }) {
      const named = table === undefined ? {} : { table: tableNamed(table) }
      const { entries, total } = journal.list(op, { ...rest, ...named, requestId: request_id })
      return { data: { entries: entries.map(rendered), total } }
    },
  }),
  operation({
    id: 'journal.verify',
    method: 'GET',
    path: '/journal/verify',
    summary: 'Check the whole journal and that the record equals it',
    tag,
    reply: verdict,
    access: 'journal.read',
    handle: async (op) => ({ data: await journal.verify(op) }),
  }),
  operation({
    id: 'journal.state',
    method: 'GET',
    path: '/journal/state',
    summary: 'A table as it was at a past second, without secrets',
    tag,
    query: v.object({ table: text('Table, e.g. `guest` or `storage_pool`.'), time: timeQuery('When.') }),
    reply: v.object({
      table: text('Table.'),
      revision: whole('Last commit at that time.'),
      rows: v.array(v.record(v.string(), v.unknown())),
    }),
    access: 'journal.read',
    async handle(op, { query }) {
      const past = await journal.stateAt(op, tableNamed(query.table), query.time)
      return { data: { ...past, table: tableWord(past.table) } }
    },
  }),
  operation({
    id: 'journal.get',
    method: 'GET',
    path: '/journal/:revision',
    summary: 'One commit',
    tag,
    params: v.object({ revision: wholeText('Number of the commit.', 1, 1e15) }),
    reply: entry,
    access: 'journal.read',
    handle: (op, { params }) => ({ data: rendered(journal.get(op, params.revision)) }),
  }),
]
