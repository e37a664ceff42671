import * as v from 'valibot'
import type { TaskAction, TaskService } from '../../core/tasks/tasks.ts'
import type { Held, TaskEventView, TaskView } from '../../tasks/saga.ts'
import { type Operation, operation } from '../operation.ts'
import { changed } from './changed.ts'
import { text, whole, wholeText } from './identity-schemas.ts'

const tag = 'Tasks'

const states = [
  'queued',
  'running',
  'unwinding',
  'done',
  'failed',
  'cancelled',
  'superseded',
  'stuck',
] as const satisfies TaskView['state'][]

const maybeText = (description: string) => v.pipe(v.nullable(v.string()), v.description(description))

const taskReply = v.pipe(
  v.object({
    id: text('Id.'),
    kind: text('What it does, e.g. `guest.create`.'),
    subject: text('What it is about, e.g. `guest:<id>`.'),
    title: text('The same in words.'),
    state: v.pipe(v.picklist(states), v.description('Ends in done, failed, cancelled or superseded.')),
    step: maybeText('Step that runs, or that failed.'),
    progress: whole('Percent.', 0, 100),
    result: v.pipe(v.unknown(), v.description('What a finished task tells.')),
    error: v.nullable(
      v.object({
        code: text('E.g. `insufficient_capacity`; `internal` where it is none of ours.'),
        message: text('What went wrong.'),
        field: v.optional(text('Input that was wrong.')),
        command: v.optional(text('Command line that failed; for who may read all tasks.')),
        stderr: v.optional(text('End of what it wrote to standard error; likewise.')),
      }),
    ),
    cancel_requested: v.boolean(),
    who: text('User who started it.'),
    request_id: text('Request that started it.'),
    create_time: text('UTC.'),
    start_time: maybeText('UTC; null while it queues.'),
    finish_time: maybeText('UTC; null until it has ended.'),
  }),
  v.metadata({ ref: 'Task' }),
)

const eventReply = v.object({
  seq: whole('Number within the task.'),
  step: text('Step.'),
  event: text('started, succeeded, failed, undo_started, undone, undo_failed or skipped.'),
  error: v.pipe(v.unknown(), v.description('What failed, or who skipped; null otherwise.')),
  time: text('UTC.'),
})

const planReply = v.array(
  v.object({
    step: text('Step.'),
    effects: v.array(
      v.object({
        effect: text('What it does.'),
        commands: v.optional(v.array(v.array(v.string()))),
        space: v.optional(v.object({ pool: text('Storage pool.'), bytes: v.pipe(v.number(), v.integer()) })),
        affects: v.optional(v.array(text('What feels it beside what is changed.'))),
      }),
    ),
  }),
)

const waitsForReply = v.pipe(
  v.nullable(
    v.object({
      holder: text('Id of the task that has the lock, or stands before this one in the line.'),
      title: text('The same in words.'),
      step: maybeText('Its step.'),
      subject: text('What is locked, e.g. `guest:<id>`.'),
      since: text('UTC.'),
    }),
  ),
  v.description('What a queued task waits for; null of every other.'),
)

const detailsReply = v.pipe(
  v.object({
    ...taskReply.pipe[0].entries,
    events: v.array(eventReply),
    plan: planReply,
    waits_for: waitsForReply,
  }),
  v.metadata({ ref: 'TaskDetails' }),
)

const timeOf = (time: number) => new Date(time).toISOString()

export const taskWire = (task: TaskView): v.InferOutput<typeof taskReply> => ({
  id: task.id,
  kind: task.kind,
  subject: task.subject,
  title: task.title,
  state: task.state,
  step: task.step,
  progress: task.progress,
  result: task.result,
  error: task.error,
  cancel_requested: task.cancelRequested,
  who: task.who,
  request_id: task.requestId,
  create_time: timeOf(task.createdAt),
  start_time: task.startedAt === null ? null : timeOf(task.startedAt),
  finish_time: task.finishedAt === null ? null : timeOf(task.finishedAt),
})

const waitsForWire = ({ task, subject, since }: Held): v.InferOutput<typeof waitsForReply> => ({
  holder: task.id,
  title: task.title,
  step: task.step,
  subject,
  since: timeOf(since),
})

/** Outputs of steps are for later steps and stay inside: they may hold what its reader must not see. */
const eventWire = ({ seq, step, event, data, time }: TaskEventView): v.InferOutput<typeof eventReply> => ({
  seq,
  step,
  event,
  error: event === 'failed' || event === 'undo_failed' || event === 'skipped' ? data : null,
  time: timeOf(time),
})

const params = v.object({ id: text('Id of the task.') })
const flag = v.pipe(
  v.picklist(['true', 'false'], 'must be true or false'),
  v.transform((value) => value === 'true'),
)

const listQuery = v.object({
  state: v.optional(v.picklist(states, `must be one of ${states.join(', ')}`)),
  live: v.optional(v.pipe(flag, v.description('Only those that have not ended.'))),
  subject: v.optional(text('E.g. `guest:<id>`.')),
  kind: v.optional(text('E.g. `guest.create`.')),
  who: v.optional(text('User who started it.')),
  limit: v.optional(wholeText('The most to give.', 1, 500), '50'),
  offset: v.optional(wholeText('How many to leave out at the beginning.', 0, 1e9), '0'),
})

const verbs = {
  retry: 'Try the failed step of a stuck task again',
  skip: 'Take the failed step of a stuck task as dealt with by hand, and go on',
  abandon: 'Give a stuck task up: its record stays, its locks are freed',
} as const

export const taskOperations = ({ taskService }: { taskService: TaskService }): Operation[] => [
  operation({
    id: 'task.list',
    method: 'GET',
    path: '/tasks',
    summary: 'Tasks, newest first',
    description: 'Whoever may see only own tasks gets only these.',
    tag,
    query: listQuery,
    reply: v.object({ tasks: v.array(taskReply), total: whole('How many match.') }),
    access: 'task.read',
    handle(op, { query }) {
      const { tasks, total } = taskService.list(op, query)
      return { data: { tasks: tasks.map(taskWire), total } }
    },
  }),
  operation({
    id: 'task.get',
    method: 'GET',
    path: '/tasks/:id',
    summary: 'One task with what has happened and what it does',
    tag,
    params,
    reply: detailsReply,
    access: 'task.read',
    handle(op, { params: { id } }) {
      const { task, events, plan, waitsFor } = taskService.get(op, id)
      const waits_for = waitsFor ? waitsForWire(waitsFor) : null
      return { data: { ...taskWire(task), events: events.map(eventWire), plan, waits_for } }
    },
  }),
  operation({
    id: 'task.cancel',
    method: 'DELETE',
    path: '/tasks/:id',
    summary: 'Stop a task and take back what it has done',
    description:
      'Answers at once; the task ends as `cancelled`. What is past the point of no return answers 409.',
    tag,
    params,
    reply: taskReply,
    status: [202],
    access: 'task.write',
    handle: async (op, { params: { id } }) => answer(op, await taskService.cancel(op, id)),
  }),
  ...(Object.keys(verbs) as (keyof typeof verbs)[]).map((verb) =>
    operation({
      id: `task.${verb}`,
      method: 'POST',
      path: `/tasks/:id/${verb}`,
      summary: verbs[verb],
      ...(verb === 'retry' ? {} : { description: 'Needs the permission `system.write` as well.' }),
      tag,
      params,
      reply: taskReply,
      status: [202],
      access: 'task.write',
      handle: async (op, { params: { id } }) => answer(op, await taskService[verb](op, id)),
    }),
  ),
]

type Op = Parameters<typeof changed>[0]

const answer = (op: Op, { task, effects }: TaskAction) =>
  op.dryRun
    ? { ...changed(op, { effects }), status: 200 }
    : { data: taskWire(task), status: 202, headers: { 'Nacelle-Task': task.id } }
