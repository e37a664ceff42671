import { randomUUID } from 'node:crypto'
import type { Tasks } from '../../tasks/saga.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import type { Guest, GuestRequest } from '../guests/guest.ts'
import { findGuest } from '../guests/record.ts'
import { domainNameOf } from '../guests/rules.ts'
import { may, requireToMake } from '../identity/permissions.ts'
import { type Launched, launch } from '../launch.ts'
import type { BatchItem, BatchItemView, BatchKind, BatchParams, BatchView } from './batch.ts'
import { type NameRule, planBatchCreate } from './plan-create.ts'
import { itemViews, type Refusals, runBatch } from './run-batch.ts'

/** So many guests one batch may have: their plans are one row of the task journal. */
export const mostItems = 500

export interface BatchCreateRequest {
  rule: NameRule
  prefix: string
  count: number
  /** Without a name. */
  guest: Omit<GuestRequest, 'name'>
}

export type Batches = ReturnType<typeof createBatches>

/** Many guests in one task. Defines the tasks. */
export function createBatches(deps: GuestDeps, options: { parallel(): number }) {
  const refusals: Refusals = new Map()
  const parts = { tasks: deps.tasks, refusals }
  for (const kind of ['create', 'delete', 'stop'] as const)
    deps.tasks.define(runBatch(kind, deps.tasks, refusals))
  const start = async (op: OperationContext, what: BatchKind, items: BatchItem[]) => {
    const id = randomUUID()
    const params: BatchParams = { what, items, parallel: options.parallel() }
    const request = { id, kind: `batch.${what}`, subject: `batch:${id}`, params, locks: {}, settleMs: 0 }
    return { id, ...(await launch<BatchParams>(op, deps.tasks, request)) } satisfies Launched & { id: string }
  }
  return {
    /** Refused as a whole where the request could never be fulfilled; later failures are the item's own. */
    async create(op: OperationContext, request: BatchCreateRequest) {
      requireToMake(op, 'guest.write', request.guest)
      checkCount(request.count)
      return start(op, 'create', await planBatchCreate(deps, op, request))
    },

    delete: (op: OperationContext, request: { guests: readonly string[]; force: boolean }) =>
      start(
        op,
        'delete',
        planEach(deps, op, request.guests, (guest) => deletion(guest, request.force)),
      ),

    stop: (op: OperationContext, request: { guests: readonly string[]; force: boolean }) =>
      start(
        op,
        'stop',
        planEach(deps, op, request.guests, (guest) => stopping(guest, request.force)),
      ),

    /** Throws `not_found` also for one that somebody else has started, without the permission to read tasks. */
    get(op: OperationContext, what: BatchKind, id: string): BatchView {
      const task = deps.tasks.get(id)
      if (task?.kind !== `batch.${what}`) throw notFound('batch', id)
      if (task.who !== op.who.name && !may(op.who, 'task.read')) throw notFound('batch', id)
      if (task.state === 'done') return { id, what, ended: true, items: task.result as BatchItemView[] }
      const { items } = paramsOf(deps.tasks, id)
      const ended = task.finishedAt !== null
      return { id, what, ended, items: itemViews(parts, items).map((item) => settled(item, ended)) }
    },
  }
}

/** What had not begun when the batch was cancelled never will. */
const settled = (item: BatchItemView, ended: boolean): BatchItemView =>
  ended && item.state === 'waiting' ? { ...item, state: 'failed', error: 'the batch was cancelled' } : item

function checkCount(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > mostItems)
    throw invalid('count', `count must be a whole number from 1 to ${mostItems}`)
}

function planEach(
  deps: GuestDeps,
  op: OperationContext,
  ids: readonly string[],
  startOf: (guest: Guest) => Omit<NonNullable<BatchItem['start']>, 'task'>,
): BatchItem[] {
  if (ids.length === 0) throw invalid('guest', 'guest must name at least one guest')
  if (ids.length > mostItems) throw invalid('guest', `guest may name at most ${mostItems} guests`)
  return [...new Set(ids)].map((id) => {
    const guest = findGuest(deps.zone, id)
    // Who may not see a guest is told of none.
    if (!guest || !may(op.who, 'guest.read', guest))
      return { guest: id, name: id, refused: `there is no guest '${id}'` }
    const item = { guest: id, name: domainNameOf(guest) }
    if (!may(op.who, 'guest.write', guest))
      return { ...item, refused: `this needs the permission guest.write for guest '${guest.name}'` }
    return { ...item, start: { task: randomUUID(), ...startOf(guest) } }
  })
}

const deletion = ({ id, name }: Guest, force: boolean) => ({
  kind: 'guest.delete',
  params: { id, name, force },
  locks: { exclusive: [`guest:${id}`] },
})

const stopping = ({ id, name }: Guest, force: boolean) => ({
  kind: 'instance.power',
  params: { id, name, action: force ? 'destroy' : 'shutdown' },
  locks: { exclusive: [`guest:${id}`] },
})

function paramsOf(tasks: Tasks, id: string): BatchParams {
  const params = tasks.paramsOf<BatchParams>(id)
  if (!params) throw new AppError('not_found', `the items of batch '${id}' are not known any more`)
  return params
}
