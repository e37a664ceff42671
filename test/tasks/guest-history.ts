// Guests with a past, made by the product's own steps without the engine.
import { systemContext } from '../../src/core/context.ts'
import { guestCreate } from '../../src/core/guests/create.ts'
import type { GuestDeps } from '../../src/core/guests/deps.ts'
import { planGuest } from '../../src/core/guests/plan.ts'
import { guestVolumes, readGuest, remove } from '../../src/core/guests/record.ts'
import { instanceMedia } from '../../src/core/instances/power.ts'
import { snapshotCreate } from '../../src/core/snapshots/create.ts'
import { snapshotDelete } from '../../src/core/snapshots/delete.ts'
import { planCreate, planRestore, readSnapshot } from '../../src/core/snapshots/plan.ts'
import { snapshotRestore } from '../../src/core/snapshots/restore.ts'
import type { OpenDatabase } from '../../src/db/connect.ts'
import type { Saga, StepContext } from '../../src/tasks/saga.ts'
import { quietLog } from '../support/quiet-log.ts'
import { type GuestWorld, guestDeps, guestId, mediaId, prepareZone, request } from './guest-stage.ts'

async function runSteps<P>(saga: Saga<P>, params: P): Promise<void> {
  const outputs: Record<string, unknown> = {}
  for (const step of saga.steps) {
    const context = {
      taskId: 'history',
      params,
      outputs,
      signal: new AbortController().signal,
      progress: () => undefined,
      who: 'admin',
      requestId: 'history',
      commit: { who: 'admin', requestId: 'history' },
      log: quietLog(),
    } satisfies StepContext<P>
    outputs[step.name] = await step.run(context)
  }
}

export interface History {
  running: boolean
  /** Snapshots to take, in order; `>name` restores to that one, `-name` deletes it. */
  snapshots?: string[]
  memory?: boolean
  /** The pool keeps snapshots inside its volumes. */
  native?: boolean
  /** A medium is put into its drive at the end. */
  medium?: boolean
  /** Purge the quarantine at the end. */
  purge?: boolean
}

/** A guest with a fixed id, so that parameters fit every world. */
export async function guestWithHistory(
  database: OpenDatabase,
  world: GuestWorld,
  history: History,
): Promise<void> {
  await prepareZone(database)
  const deps = guestDeps(world, database)
  const params = await planGuest(deps, systemContext(quietLog()), { ...request, autoStart: history.running })
  await runSteps(guestCreate(deps), withFixedIds(params))
  // The agent of a guest that has just started needs a moment.
  await new Promise((resolve) => setTimeout(resolve, 3))
  for (const entry of history.snapshots ?? []) await past(deps, entry, history)
  if (history.medium)
    await runSteps(instanceMedia(deps), { id: guestId, name: 'web1', media: mediaId, previousMedia: null })
  if (history.purge) await purge(deps)
}

async function past(deps: GuestDeps, entry: string, { running, memory = false }: History): Promise<void> {
  const guest = readGuest(deps.zone, guestId)
  const isRunning = (await deps.live.look(guestId)) === 'running'
  if (entry.startsWith('-')) return forget(deps, entry.slice(1))
  if (!entry.startsWith('>')) {
    const wanted = {
      name: entry,
      description: '',
      memory: memory && isRunning,
      consistency: 'crash' as const,
    }
    await runSteps(snapshotCreate(deps), fixed(planCreate(deps, guest, wanted, isRunning), entry))
    return
  }
  const snapshot = readSnapshot(deps, guestId, entry.slice(1))
  await runSteps(snapshotRestore(deps), fixed(planRestore(deps, guest, snapshot, running), entry))
}

async function forget(deps: GuestDeps, name: string): Promise<void> {
  const { id, parent, memory, nvram, layers } = readSnapshot(deps, guestId, name)
  const files = [memory, nvram].filter((file) => file !== null)
  await runSteps(snapshotDelete(deps), {
    guest: guestId,
    guestName: 'web1',
    snapshot: id,
    name,
    parent,
    natives: layers.flatMap(({ volume, snapshot }) => (snapshot ? [{ volume, snapshot }] : [])),
    files,
  })
}

/** As often as it takes: what others stand on goes after them. */
async function purge(deps: GuestDeps): Promise<void> {
  const rows = () => guestVolumes(deps.zone, guestId)
  for (;;) {
    const free = rows().find(
      (row) => row.state === 'quarantined' && !rows().some((other) => other.parent === row.id),
    )
    if (!free) return
    await deps.store(free.pool).purge(free.name)
    const info = { who: 'admin', requestId: 'history', action: 'purge' }
    await deps.zone.commit(info, [remove('volume', free.id, free.version)])
  }
}

/** Random ids become counted ones: `<prefix>-1`, `<prefix>-2`… in the order in which they stand. */
export function fixed<P>(params: P, prefix: string): P {
  const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g
  const known = new Map<string, string>()
  const safe = prefix.replace(/\W/g, 'r')
  const text = JSON.stringify(params).replace(uuid, (found) => {
    if (found === guestId || found.startsWith('aaaaaaaa-')) return found
    if (!known.has(found)) known.set(found, `${safe}-${known.size + 1}`)
    return known.get(found)!
  })
  return JSON.parse(text) as P
}

function withFixedIds<P extends { guest: { id: string; mac: string } }>(params: P): P {
  const text = JSON.stringify(params)
    .replaceAll(params.guest.id, guestId)
    .replaceAll(params.guest.mac, '52:54:00:00:00:01')
  return fixed(JSON.parse(text) as P, 'made')
}

/** Parameters as a service would make them for that guest; the same in every world. */
export async function paramsFor<P>(
  history: History,
  make: (deps: GuestDeps) => P | Promise<P>,
  stage: { makeWorld(): Promise<GuestWorld>; openDatabase(): OpenDatabase },
): Promise<P> {
  const world = await stage.makeWorld()
  const database = stage.openDatabase()
  try {
    await guestWithHistory(database, world, history)
    return fixed(await make(guestDeps(world, database)), 'new')
  } finally {
    database.close()
  }
}
