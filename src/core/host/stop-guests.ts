import { setTimeout as delay } from 'node:timers/promises'
import { asc, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Saga, Step, TaskLog } from '../../tasks/saga.ts'
import type { Zone } from '../../zone/zone.ts'
import { isRunning } from '../guests/live.ts'
import type { Hypervisor } from '../hypervisor.ts'
import { groupsOf } from './start-guests.ts'

export interface StopGuestsParams {
  cell: string
  /** For all of them together; what does not follow by then is ended. */
  timeoutSeconds: number
}

export interface StopGuestsDeps {
  zone: Zone
  cell: string
  hypervisor: Pick<Hypervisor, 'list' | 'shutdown' | 'destroy'>
  /** Tells what a guest has become. */
  live: { set(id: string, state: 'stopped'): void }
  /** Resolves when no task works on a guest any more, or when it has lasted too long. */
  guestsAtRest?(signal: AbortSignal): Promise<void>
  /** How often it is looked whether they have followed, default 500 ms. */
  pollMs?: number
}

/** By name. */
export interface StoppedGuests {
  stopped: string[]
  /** Those that did not follow and were ended. */
  killed: string[]
  failed: { name: string; message: string }[]
}

interface RunningGuest {
  id: string
  name: string
  priority: number
}

/** A guest that is busy booting may miss a request, so it is asked again. */
const askAgainMs = 15_000

/**
 * Before the host goes down: the guests of the record that run, lower priorities first, are asked through their agent or by
 * ACPI; those that have not followed when their share of the time is over are ended. Guests that others made are left alone.
 */
export const hostStopGuests = (deps: StopGuestsDeps): Saga<StopGuestsParams> => ({
  kind: 'host.stop_guests',
  title: ({ cell }) => `Stop the guests of ${cell} before the host goes down`,
  steps: [look(deps), stop(deps)],
  result: (_params, outputs) => outputs['stop'],
})

const look = (deps: StopGuestsDeps): Step<StopGuestsParams> => ({
  name: 'look',
  weight: 0.01,
  describe: () => [{ effect: 'let tasks on guests end, for half a minute at most' }],
  async run({ signal }) {
    // A guest that is just being started would come up behind our back.
    await deps.guestsAtRest?.(signal)
    return runningGuests(deps)
  },
})

const stop = (deps: StopGuestsDeps): Step<StopGuestsParams> => ({
  name: 'stop',
  describe: ({ timeoutSeconds }) => [
    { effect: 'ask every running guest to stop, lower priorities first' },
    { effect: `end those that have not followed within ${timeoutSeconds} s` },
  ],
  run: ({ params, outputs, signal, log, progress }) =>
    stopThem(deps, {
      guests: outputs['look'] as RunningGuest[],
      timeoutMs: params.timeoutSeconds * 1000,
      signal,
      log,
      progress,
    }),
})

/** In the order in which they stop. */
export async function runningGuests({ zone, cell, hypervisor }: StopGuestsDeps): Promise<RunningGuest[]> {
  const { id, name, startPriority, createdAt } = schema.guest
  const running = await runningIds(hypervisor)
  return zone.db
    .select({ id, name, priority: startPriority })
    .from(schema.guest)
    .where(eq(schema.guest.cell, cell))
    .orderBy(asc(startPriority), asc(createdAt), asc(name))
    .all()
    .filter((guest) => running.has(guest.id))
}

const runningIds = async (hypervisor: StopGuestsDeps['hypervisor']): Promise<Set<string>> =>
  new Set((await hypervisor.list()).filter(({ state }) => isRunning(state)).map(({ id }) => id))

export interface Stopping {
  guests: readonly RunningGuest[]
  timeoutMs: number
  signal: AbortSignal
  log: TaskLog
  progress(percent: number): void
}

/** Group after group, each with its share of the time that is left. */
export async function stopThem(deps: StopGuestsDeps, request: Stopping): Promise<StoppedGuests> {
  const { guests, timeoutMs, progress } = request
  const result: StoppedGuests = { stopped: [], killed: [], failed: [] }
  const endMs = performance.now() + timeoutMs
  const groups = groupsOf(guests)
  for (const [index, group] of groups.entries()) {
    const shareMs = Math.max(0, endMs - performance.now()) / (groups.length - index)
    const left = await askAndWait(deps, request, { group, shareMs })
    for (const guest of group) if (!left.includes(guest)) result.stopped.push(guest.name)
    await Promise.all(left.map((guest) => end(deps, guest, result)))
    for (const { id } of group) deps.live.set(id, 'stopped')
    progress(((index + 1) / groups.length) * 100)
  }
  return result
}

interface Asking {
  group: readonly RunningGuest[]
  shareMs: number
}

/** Resolves with those that still run when the time is over. */
async function askAndWait(
  { hypervisor, pollMs = 500 }: StopGuestsDeps,
  { signal, log }: Stopping,
  { group, shareMs }: Asking,
): Promise<RunningGuest[]> {
  const ask = (guest: RunningGuest) =>
    hypervisor
      .shutdown(guest.id)
      .catch((error: unknown) =>
        log.warn({ err: error, guest: guest.id }, `guest '${guest.name}' could not be asked to stop`),
      )
  const endMs = performance.now() + shareMs
  let left = [...group]
  for (let askMs = 0; ; ) {
    const running = await runningIds(hypervisor)
    left = left.filter(({ id }) => running.has(id))
    if (left.length === 0 || performance.now() >= endMs) return left
    if (performance.now() >= askMs) {
      // Not waited for: an agent that hangs must not take the others' time.
      for (const guest of left) void ask(guest)
      askMs = performance.now() + askAgainMs
    }
    await delay(Math.min(pollMs, Math.max(1, endMs - performance.now())), undefined, { signal })
  }
}

async function end(
  { hypervisor }: StopGuestsDeps,
  guest: RunningGuest,
  result: StoppedGuests,
): Promise<void> {
  try {
    await hypervisor.destroy(guest.id)
    result.killed.push(guest.name)
  } catch (error) {
    result.failed.push({ name: guest.name, message: error instanceof Error ? error.message : String(error) })
  }
}
