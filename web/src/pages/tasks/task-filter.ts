import type { TaskState } from '../../api/live-tasks.ts'

/** What the address of the page says; what it may not mean is left out. */
export interface TaskFilter {
  state?: string | undefined
  live?: boolean | undefined
  kind?: string | undefined
  who?: string | undefined
  subject?: string | undefined
  page?: number | undefined
}

export const perPage = 50

export const taskStates: readonly TaskState[] = [
  ...(['queued', 'running', 'unwinding', 'stuck', 'done', 'failed', 'cancelled', 'superseded'] as const),
]

/** Kinds as the appliance has them; the address may name others. */
export const taskKinds: readonly string[] = [
  ...['guest.create', 'guest.modify', 'guest.delete', 'guest.adopt', 'guest.auth', 'guest.system.reset'],
  ...['guest.disk.resize', 'guest.disk.shrink', 'instance.start', 'instance.power', 'instance.media'],
  ...['snapshot.create', 'snapshot.restore', 'snapshot.delete', 'snapshot.merge', 'image.build'],
  ...['image.import', 'image.delete', 'batch.create', 'batch.delete', 'batch.stop'],
  ...['host.start_guests', 'host.stop_guests'],
]

export const isFiltered = ({ page: _, ...filter }: TaskFilter): boolean =>
  Object.values(filter).some((value) => value !== undefined && value !== false)

/** Parameters of `GET /tasks`. */
export function taskQuery({ state, live, kind, who, subject, page = 1 }: TaskFilter) {
  const known = taskStates.find((one) => one === state)
  return {
    ...(known ? { state: known } : {}),
    ...(live ? { live: 'true' as const } : {}),
    ...(kind ? { kind } : {}),
    ...(who ? { who } : {}),
    ...(subject ? { subject } : {}),
    limit: String(perPage),
    offset: String(Math.max(0, page - 1) * perPage),
  }
}
