import { setTimeout as delay } from 'node:timers/promises'
import { and, asc, desc, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Saga, Step, StepContext } from '../../tasks/saga.ts'
import type { Zone } from '../../zone/zone.ts'

export interface StartGuestsParams {
  /** Name of this host as a cell. */
  cell: string
  /** How many guests may be on their way up at a time. */
  parallel: number
}

/** One of the guests that start with the host. */
export interface HostGuest {
  id: string
  name: string
  priority: number
  delaySeconds: number
}

interface StartGuestsDeps {
  zone: Zone
  /**
   * Starts a guest and resolves when it is up. Resolves with false where it runs already, or where somebody has seen to it
   * since the task began; throws where it cannot be started.
   */
  startGuest(id: string, taskId: string, signal: AbortSignal): Promise<boolean>
}

/** What became of each, by name. */
export interface StartedGuests {
  started: string[]
  failed: { name: string; message: string }[]
}

/**
 * After the host has booted: its guests with `autoStart`, higher priorities first, so many at a time, with the pause that
 * each asks for. One that cannot be started does not keep the others from it.
 */
export const hostStartGuests = (deps: StartGuestsDeps): Saga<StartGuestsParams> => ({
  kind: 'host.start_guests',
  title: ({ cell }) => `Start the guests of ${cell} with the host`,
  steps: [plan(deps), start(deps)],
  result: (_params, outputs) => outputs['start'],
})

const plan = ({ zone }: StartGuestsDeps): Step<StartGuestsParams> => ({
  name: 'plan',
  weight: 0.01,
  describe: () => [],
  run: async ({ params }) => guestsToStart(zone, params.cell),
})

/** In the order in which they start. */
export const guestsToStart = (zone: Zone, cell: string): HostGuest[] =>
  zone.db
    .select({
      id: schema.guest.id,
      name: schema.guest.name,
      priority: schema.guest.startPriority,
      delaySeconds: schema.guest.startDelaySeconds,
    })
    .from(schema.guest)
    .where(
      and(eq(schema.guest.cell, cell), eq(schema.guest.autoStart, true), eq(schema.guest.state, 'ready')),
    )
    .orderBy(desc(schema.guest.startPriority), asc(schema.guest.createdAt), asc(schema.guest.name))
    .all()

const start = (deps: StartGuestsDeps): Step<StartGuestsParams> => ({
  name: 'start',
  describe: ({ parallel }) => [
    { effect: `start the guests that start with the host, by priority, at most ${parallel} at a time` },
  ],
  async run(context) {
    const guests = context.outputs['plan'] as HostGuest[]
    const result: StartedGuests = { started: [], failed: [] }
    const pause = { untilMs: 0 }
    let done = 0
    for (const group of groupsOf(guests)) {
      const line = [...group]
      const lane = async () => {
        for (let guest = line.shift(); guest; guest = line.shift()) {
          await startOne(deps, context, { guest, pause, result })
          context.progress((++done / guests.length) * 100)
        }
      }
      await Promise.all(Array.from({ length: context.params.parallel }, lane))
      // The last one's pause counts for those of lower priority.
      await pausedUntil(pause, context.signal)
    }
    return result
  },
})

interface Starting {
  guest: HostGuest
  /** No guest is started before; of the monotonic clock. */
  pause: { untilMs: number }
  result: StartedGuests
}

async function startOne(
  { startGuest }: StartGuestsDeps,
  { taskId, signal, log }: StepContext<StartGuestsParams>,
  { guest, pause, result }: Starting,
): Promise<void> {
  await pausedUntil(pause, signal)
  try {
    if (!(await startGuest(guest.id, taskId, signal))) return
    result.started.push(guest.name)
    pause.untilMs = Math.max(pause.untilMs, performance.now() + guest.delaySeconds * 1000)
  } catch (error) {
    signal.throwIfAborted()
    log.warn({ err: error, guest: guest.id }, `guest '${guest.name}' could not be started with the host`)
    result.failed.push({ name: guest.name, message: error instanceof Error ? error.message : String(error) })
  }
}

async function pausedUntil(pause: { untilMs: number }, signal: AbortSignal): Promise<void> {
  for (let left = pause.untilMs - performance.now(); left > 0; left = pause.untilMs - performance.now())
    await delay(left, undefined, { signal })
  signal.throwIfAborted()
}

/** Neighbours of the same priority together. */
export function groupsOf<T extends { priority: number }>(guests: readonly T[]): T[][] {
  const groups: T[][] = []
  for (const guest of guests) {
    const last = groups.at(-1)
    if (last && last[0]?.priority === guest.priority) last.push(guest)
    else groups.push([guest])
  }
  return groups
}
