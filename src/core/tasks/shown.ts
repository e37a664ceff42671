import { publicFailure } from '../../tasks/failure.ts'
import type { TaskError, TaskEventView, TaskView } from '../../tasks/saga.ts'
import type { Principal } from '../context.ts'
import { may } from '../identity/permissions.ts'

/** Whoever may read all tasks looks after the host: sees command lines and the words of tools. */
export const isOperator = (who: Principal): boolean => may(who, 'task.read')

/** Why the task failed, as far as this caller may know. */
export const shownError = (who: Principal, task: TaskView): TaskError | null =>
  task.error === null || isOperator(who) ? task.error : publicFailure(task, task.error)

export const shownTask = (who: Principal, task: TaskView): TaskView => ({
  ...task,
  error: shownError(who, task),
})

/** What happened in the task, for this caller. */
export function shownEvents(who: Principal, id: string, events: TaskEventView[]): TaskEventView[] {
  if (isOperator(who)) return events
  return events.map((event) =>
    event.event === 'failed' || event.event === 'undo_failed'
      ? { ...event, data: publicFailure({ id, step: event.step }, event.data as TaskError) }
      : event,
  )
}
