import type { Principal } from '../core/context.ts'
import type { LiveEvent } from '../core/guests/live-feed.ts'
import { may, mayAny, type Ownership } from '../core/identity/permissions.ts'
import type { TaskEvent } from '../core/tasks/feed.ts'
import { mayReadTask } from '../core/tasks/tasks.ts'

/** Without an id line: a reconnect goes on after the last change of the record, as if this had never been told. */
export function liveText(event: LiveEvent, who: Principal): string {
  if (!maySee(who, event.owner)) return ''
  const { guest, state, running, time } = event
  return `event: live\ndata: ${JSON.stringify({ guest, state, running, time })}\n\n`
}

/** Neither what a task was given nor what it tells: who may see that reads the task. */
export function taskText({ task, time }: TaskEvent, who: Principal): string {
  if (!mayReadTask(who, task)) return ''
  const { id, kind, subject, title, state, step, progress } = task
  const told = { id, kind, subject, title, state, step, progress, who: task.who, time }
  return `event: task\ndata: ${JSON.stringify(told)}\n\n`
}

/** To who comes back: nobody kept what was told meanwhile. */
export const liveGap = 'event: live_gap\ndata: {}\n\n'

const maySee = (who: Principal, owner: Ownership | undefined): boolean =>
  may(who, 'guest.read') ||
  (mayAny(who, 'guest.read') && owner !== undefined && may(who, 'guest.read', owner))
