import type { Tasks } from '../../tasks/saga.ts'
import type { OperationContext } from '../context.ts'
import { hasCode } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { readReadyGuest } from '../guests/record.ts'
import { requirePermission } from '../identity/permissions.ts'
import type { StartParams } from '../instances/power.ts'
import { type Launched, launch } from '../launch.ts'
import type { Settings } from '../settings/settings.ts'
import { guestsToStart, hostStartGuests, type StartGuestsParams } from './start-guests.ts'
import { hostStopGuests, type StopGuestsParams } from './stop-guests.ts'

export type Host = ReturnType<typeof createHost>

const startKind = 'host.start_guests'
const stopKind = 'host.stop_guests'
/** How long one guest may take to come up before the next has its turn all the same. */
const longestStartMs = 180_000
/** What tasks on guests have to end before these are stopped under them. */
const longestRestMs = 30_000

/** This host as a whole: its guests come and go with it. Defines the tasks. */
export function createHost(deps: GuestDeps, settings: Settings) {
  const { tasks, cell } = deps
  const startGuest = guestStarter(deps)
  tasks.define(hostStartGuests({ zone: deps.zone, startGuest }))
  tasks.define(hostStopGuests({ ...stopping(deps), guestsAtRest: (signal) => guestsAtRest(tasks, signal) }))
  const locks = { exclusive: [`host:${cell}`] }
  return {
    /** Starts the guests that start with the host, once for each boot; undefined where there is nothing to do. */
    async startGuests(op: OperationContext, bootId: string): Promise<Launched | undefined> {
      const [last] = tasks.list({ kind: startKind, subject: `cell:${cell}`, limit: 1 }).tasks
      if (last?.requestId === bootId || guestsToStart(deps.zone, cell).length === 0) return undefined
      return launch<StartGuestsParams>({ ...op, requestId: bootId }, tasks, {
        kind: startKind,
        subject: `cell:${cell}`,
        params: { cell, parallel: settings.get('host.start_parallel') },
        locks,
        settleMs: 0,
      })
    },

    /** Stops the running guests in order, then by force. One that still starts guests is cancelled. Needs `system.write`. */
    async stopGuests(op: OperationContext, timeoutSeconds?: number): Promise<Launched> {
      requirePermission(op, 'system.write')
      if (!op.dryRun) await cancelStarting(tasks, cell, op.signal)
      return launch<StopGuestsParams>(op, tasks, {
        kind: stopKind,
        subject: `cell:${cell}`,
        params: { cell, timeoutSeconds: timeoutSeconds ?? settings.get('host.shutdown_timeout_s') },
        locks,
        settleMs: 0,
      })
    },

    /** Why no guest may be started now; undefined while the host does not stop them. */
    stopping(): string | undefined {
      const held = tasks.holder(`host:${cell}`)
      if (held?.task.kind !== stopKind) return undefined
      return `the guests of this host are being stopped (task ${held.task.id})`
    },
  }
}

/** Without the facts, which are not known before the hypervisor has answered. */
const stopping = ({ zone, cell, hypervisor, live }: GuestDeps) => ({ zone, cell, hypervisor, live })

async function guestsAtRest(tasks: Tasks, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + longestRestMs
  const busy = tasks
    .list({ live: true, limit: 500 })
    .tasks.filter(({ subject }) => subject.startsWith('guest:'))
  for (const { id } of busy)
    await tasks.wait(id, Math.max(1, endMs - performance.now()), signal).catch((error: unknown) => {
      if (!hasCode(error, 'unavailable')) throw error
    })
}

async function cancelStarting(tasks: Tasks, cell: string, signal: AbortSignal): Promise<void> {
  const held = tasks.holder(`host:${cell}`)
  if (held?.task.kind !== startKind) return
  await tasks.cancel(held.task.id)
  await tasks.wait(held.task.id, longestStartMs, signal)
}

/** By a task of the guest's own, as a person would. */
const guestStarter =
  ({ zone, live, tasks }: GuestDeps) =>
  async (id: string, taskId: string, signal: AbortSignal): Promise<boolean> => {
    const subject = `guest:${id}`
    const [latest] = tasks.list({ subject, limit: 1 }).tasks
    const since = tasks.get(taskId)?.createdAt ?? 0
    // Started before the appliance was cut, or dealt with by somebody meanwhile.
    if (latest && latest.createdAt >= since) return waitFor(tasks, latest.id, signal)
    if (live.running(id)) return false
    const guest = readReadyGuest(zone, id)
    const task = await tasks.start<StartParams>({
      kind: 'instance.start',
      subject,
      params: {
        id,
        name: guest.name,
        boot: 'disk',
        media: null,
        previousMedia: guest.media,
        bootUri: null,
      },
      locks: { exclusive: [subject] },
      who: 'system',
      requestId: taskId,
      waitMs: longestStartMs,
      signal,
    })
    return waitFor(tasks, task.id, signal)
  }

async function waitFor(tasks: Tasks, id: string, signal: AbortSignal): Promise<boolean> {
  const ended = await tasks.wait(id, longestStartMs, signal)
  if (ended.state === 'done') return ended.kind === 'instance.start'
  throw new Error(ended.error?.message ?? `its task ${id} is ${ended.state}`)
}
