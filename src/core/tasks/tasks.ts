import type {
  Effect,
  Held,
  PlannedStep,
  TaskEventView,
  TaskFilter,
  Tasks,
  TaskView,
} from '../../tasks/saga.ts'
import type { OperationContext, Principal } from '../context.ts'
import { AppError, notFound } from '../errors.ts'
import { may, mayAny, type Permission, requirePermission } from '../identity/permissions.ts'
import { shownEvents, shownTask } from './shown.ts'

export interface TaskDetails {
  task: TaskView
  events: TaskEventView[]
  /** What it does, in words; empty when this version does not know its kind. */
  plan: PlannedStep[]
  /** Whose lock a queued one waits for, as `busy` tells it to everybody. */
  waitsFor: Held | undefined
}

/** The task after the action, or, with a dry run, as it is and what the action would do. */
export interface TaskAction {
  task: TaskView
  effects: Effect[]
}

/** Tasks for people: those of all, or of the caller alone. A task belongs to the user who started it. */
export interface TaskService {
  /** Newest first; whoever may read only own tasks sees only these. */
  list(op: OperationContext, filter: TaskFilter): { tasks: TaskView[]; total: number }
  /** Throws `not_found`, also for what the caller may not see. */
  get(op: OperationContext, id: string): TaskDetails
  /** Each throws `conflict` when the task's state does not allow it. */
  cancel(op: OperationContext, id: string): Promise<TaskAction>
  retry(op: OperationContext, id: string): Promise<TaskAction>
  /** These two need `system.write` too: they leave the host as it is, whatever the record says. */
  skip(op: OperationContext, id: string): Promise<TaskAction>
  abandon(op: OperationContext, id: string): Promise<TaskAction>
}

type Verb = 'cancel' | 'retry' | 'skip' | 'abandon'

const ownership = (task: TaskView) => ({ owner: task.who, group: '' })

export function createTaskService({ tasks }: { tasks: Tasks }): TaskService {
  const find = (op: OperationContext, id: string): TaskView => {
    if (!mayAny(op.who, 'task.read')) requirePermission(op, 'task.read')
    const task = tasks.get(id)
    if (!task || !mayReadTask(op.who, task)) throw notFound('task', id)
    return task
  }
  const act = (verb: Verb) => async (op: OperationContext, id: string) => {
    const task = find(op, id)
    requirePermission(op, 'task.write', ownership(task))
    // From then on the record and the host may differ, and nothing of the task puts that right.
    if (verb === 'skip' || verb === 'abandon') requirePermission(op, 'system.write')
    const effects = [{ effect: effectOf(verb, task) }]
    if (op.dryRun) {
      checkState(verb, task)
      return { task: shownTask(op.who, task), effects }
    }
    op.log.info({ task: id, verb, who: op.who.name }, 'a person acts on a task')
    const after = await (verb === 'cancel' ? tasks.cancel(id) : tasks[verb](id, op.who.name))
    return { task: shownTask(op.who, after), effects }
  }
  return {
    list(op, filter) {
      if (may(op.who, 'task.read')) return tasks.list(filter)
      if (!mayAny(op.who, 'task.read')) requirePermission(op, 'task.read')
      const isOther = filter.who !== undefined && filter.who !== op.who.name
      if (isOther) return { tasks: [], total: 0 }
      const own = tasks.list({ ...filter, who: op.who.name })
      return { ...own, tasks: own.tasks.map((task) => shownTask(op.who, task)) }
    },
    get(op, id) {
      return {
        task: shownTask(op.who, find(op, id)),
        events: shownEvents(op.who, id, tasks.events(id)),
        plan: tasks.planOf(id),
        waitsFor: tasks.waitsFor(id),
      }
    },
    cancel: act('cancel'),
    retry: act('retry'),
    skip: act('skip'),
    abandon: act('abandon'),
  }
}

/** Who may act on a task may also see it. */
export const mayReadTask = (who: Principal, task: TaskView): boolean =>
  (['task.read', 'task.write'] satisfies Permission[]).some((needed) => may(who, needed, ownership(task)))

function effectOf(verb: Verb, { title, step }: TaskView): string {
  switch (verb) {
    case 'cancel':
      return `stop '${title}' and take back what it has done`
    case 'retry':
      return `try step '${step}' of '${title}' again`
    case 'skip':
      return `take step '${step}' of '${title}' as dealt with by hand, and go on`
    case 'abandon':
      return `give '${title}' up as it is and free its locks`
  }
}

function checkState(verb: Verb, { id, state }: TaskView): void {
  const fits = verb === 'cancel' ? ['queued', 'running', 'unwinding'].includes(state) : state === 'stuck'
  if (!fits)
    throw new AppError(
      'conflict',
      `task ${id} is ${state}: this needs ${verb === 'cancel' ? 'one that has not ended' : 'a stuck one'}`,
    )
}
