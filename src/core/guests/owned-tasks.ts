import type { Saga, StartRequest, Tasks } from '../../tasks/saga.ts'
import type { Zone } from '../../zone/zone.ts'
import { findGuest } from './record.ts'

/** Where the guest was when a task on it began; part of the task's parameters. */
interface Placement {
  guest: string
  epoch: number
}

const prefix = 'guest:'

/** The guest that a task holds for itself; an image that is built from one holds it too. */
const guestOf = ({ locks }: StartRequest<unknown>): string | undefined =>
  locks.exclusive?.find((subject) => subject.startsWith(prefix))?.slice(prefix.length)

/**
 * The task engine as the guest's services use it: every task on a guest is bound to the cell that owns it and to its
 * epoch, here for all, so that no kind of task can forget it. When the guest has moved, even away and back, the task
 * ends `superseded` before its next step or undo.
 */
export function tasksOfOwnedGuests(tasks: Tasks, zone: Zone, cell: string): Tasks {
  const current = (params: unknown): boolean => {
    const { placement } = params as { placement?: Placement }
    const guest = placement && findGuest(zone, placement.guest)
    return !guest || (guest.cell === cell && guest.epoch === placement.epoch)
  }
  const placed = <P>(request: StartRequest<P>): StartRequest<P> => {
    const id = guestOf(request)
    if (id === undefined) return request
    // One that is still to be made begins with the first epoch.
    const placement: Placement = { guest: id, epoch: findGuest(zone, id)?.epoch ?? 1 }
    return { ...request, params: { ...request.params, placement } }
  }
  return {
    define: <P>(saga: Saga<P>) =>
      tasks.define<P>({
        ...saga,
        current: async (params) => current(params) && ((await saga.current?.(params)) ?? true),
      }),
    start: (request) => tasks.start(placed(request)),
    rehearse: (request) => tasks.rehearse(request),
    planOf: (id) => tasks.planOf(id),
    paramsOf: <P>(id: string) => tasks.paramsOf<P>(id),
    wait: (id, timeoutMs, signal) => tasks.wait(id, timeoutMs, signal),
    get: (id) => tasks.get(id),
    events: (id) => tasks.events(id),
    list: (filter) => tasks.list(filter),
    holder: (subject) => tasks.holder(subject),
    waitsFor: (id) => tasks.waitsFor(id),
    cancel: (id) => tasks.cancel(id),
    retry: (id, by) => tasks.retry(id, by),
    skip: (id, by) => tasks.skip(id, by),
    abandon: (id, by) => tasks.abandon(id, by),
    subscribe: (listener) => tasks.subscribe(listener),
  }
}
