import * as v from 'valibot'
import type { BatchItemView, BatchKind, BatchView } from '../../core/batches/batch.ts'
import type { Batches } from '../../core/batches/batches.ts'
import type { OperationContext } from '../../core/context.ts'
import { type Operation, operation } from '../operation.ts'
import { createBody, guestRequest } from './guest-schemas.ts'
import { launched } from './launched.ts'

const tag = 'Batches'

const params = v.object({ id: v.pipe(v.string(), v.description('Id of the batch.')) })

const { name: _name, ...guestEntries } = createBody.entries

const createBatchBody = v.pipe(
  v.object({
    ...guestEntries,
    name_rule: v.optional(
      v.pipe(
        v.picklist(['order', 'MAC', 'address'], 'must be order, MAC or address'),
        v.description('What follows the prefix: a number from 0, the MAC, or the address.'),
      ),
      'order',
    ),
    name_prefix: v.optional(v.string('must be text'), ''),
    count: v.pipe(v.number('must be a number'), v.description('How many guests, at most 500.')),
  }),
  v.metadata({ ref: 'BatchCreate' }),
)

const guestsBody = v.object({
  guest: v.pipe(v.array(v.string('must be text'), 'must be a list of ids'), v.description('Ids of guests.')),
  force: v.optional(v.boolean('must be true or false'), false),
})

const reply = v.array(
  v.object({
    name: v.string(),
    id: v.pipe(v.string(), v.description('Of the guest.')),
    status: v.string(),
    progress: v.optional(v.number()),
    error: v.optional(v.string()),
  }),
)

/** The words of the document: under way, at its end, failed. */
const words: Record<BatchKind, [string, string]> = {
  create: ['creating', 'created'],
  delete: ['deleting', 'deleted'],
  stop: ['stopping', 'stopped'],
}

function element(what: BatchKind, { guest, name, state, progress, error }: BatchItemView) {
  const [underWay, done] = words[what]
  const status = state === 'failed' ? 'fail' : state === 'done' ? done : underWay
  return {
    name,
    id: guest,
    status,
    ...(state === 'done' || state === 'failed' ? {} : { progress }),
    ...(error === undefined ? {} : { error }),
  }
}

const shown = ({ what, ended, items }: BatchView) => ({
  // The document's clients ask until it is 200.
  status: ended ? 200 : 202,
  data: items.map((item) => element(what, item)),
})

export const batchOperations = ({ batches }: { batches: Batches }): Operation[] => [
  start('create', {
    summary: 'Create many guests of one kind',
    body: createBatchBody,
    handle: (op, { name_rule, name_prefix, count, ...body }) => {
      const { name: _, ...guest } = guestRequest({ ...body, name: '' })
      return batches.create(op, { rule: name_rule, prefix: name_prefix, count, guest })
    },
  }),
  start('delete', {
    summary: 'Delete many guests',
    body: guestsBody,
    handle: (op, { guest, force }) => batches.delete(op, { guests: guest, force }),
  }),
  start('stop', {
    summary: 'Stop many guests: asked to shut down, or ended at once with force',
    body: guestsBody,
    handle: (op, { guest, force }) => batches.stop(op, { guests: guest, force }),
  }),
  ...(['create', 'delete', 'stop'] as const).map((what) =>
    operation({
      id: `batch.get_${what}`,
      method: 'GET',
      path: `/batch/${what}_guest/:id`,
      summary: `How far a batch is: 202 until every item is ${words[what][1]} or has failed, then 200`,
      tag,
      params,
      reply,
      status: [200, 202],
      access: 'guest.read',
      handle: (op, { params: { id } }) => shown(batches.get(op, what, id)),
    }),
  ),
]

interface Start<S extends v.GenericSchema> {
  summary: string
  body: S
  handle(op: OperationContext, body: v.InferOutput<S>): ReturnType<Batches['create']>
}

function start<S extends v.GenericSchema>(what: BatchKind, { summary, body, handle }: Start<S>): Operation {
  return operation({
    id: `batch.${what}`,
    method: 'POST',
    path: `/batch/${what}_guest`,
    aliases: [`/batch/${what}_guest/:id`],
    summary,
    tag,
    body,
    reply: v.object({ id: v.string() }),
    status: [202],
    access: 'guest.write',
    async handle(op, request) {
      const outcome = await handle(op, request.body as v.InferOutput<S>)
      return launched(outcome, { data: { id: outcome.id }, status: 202 })
    },
  })
}
