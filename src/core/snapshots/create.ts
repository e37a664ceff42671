import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Effect, Saga, Step, StepContext } from '../../tasks/saga.ts'
import type { Change, Zone } from '../../zone/zone.ts'
import { effectOf } from '../effects.ts'
import { AppError } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { defineEffect, overlayEffect, touching } from '../guests/effects.ts'
import type { Guest, Volume } from '../guests/guest.ts'
import { isRunning } from '../guests/live.ts'
import { findVolume, readGuest, readReadyGuest, readVolume, remove, update } from '../guests/record.ts'
import { domainSpec, filePath, targetOf } from '../guests/spec.ts'
import { type NativeDisk, takeNative, undoNative } from './native.ts'

type NewVolume = Omit<Volume, 'version'>
type Context = StepContext<SnapshotCreateParams>

export interface SnapshotCreateParams extends Expecting {
  id: string
  guest: string
  guestName: string
  name: string
  description: string
  consistency: 'crash' | 'filesystem'
  /** As it was when the request came; checked again under the lock. */
  running: boolean
  parent: string | null
  /** For each disk: the layer that is frozen, and the row of the overlay that takes the writes from now on. */
  layers: { index: number; frozen: string; sizeBytes: number; overlay: NewVolume }[]
  /** Disks whose pool keeps snapshots inside them; `layers` is empty then. */
  natives?: NativeDisk[]
  /** Copy of the UEFI variables. */
  nvram: NewVolume | null
  /** File of the memory; only of a running guest. */
  memory: NewVolume | null
}

const agentTimeoutMs = 3_000

/**
 * Every write goes to new overlays from the snapshot on. Stopped: the overlays are made by qemu-img. Running: libvirt
 * switches all disks in one step, with the memory where it is asked for, frozen by the agent where that is.
 */
export const snapshotCreate = (deps: GuestDeps): Saga<SnapshotCreateParams> => ({
  kind: 'snapshot.create',
  title: ({ name, guestName }) => `Take snapshot ${name} of ${guestName}`,
  check: (params) => checkCreate(deps, params, readReadyGuest(deps.zone, params.guest)),
  steps: [reserve(deps), copyNvram(deps), overlays(deps), record(deps), define(deps)],
  result: ({ id, name }) => ({ id, name }),
})

const newVolumes = ({ layers, nvram, memory }: SnapshotCreateParams): NewVolume[] =>
  [...layers.map((layer) => layer.overlay), nvram, memory].filter((row) => row !== null)

const reserve = (deps: GuestDeps): Step<SnapshotCreateParams> => ({
  name: 'reserve',
  describe: (params) => [
    { effect: `record ${newVolumes(params).length} new volumes for snapshot '${params.name}'` },
  ],
  async run({ params, commit }) {
    const guest = readReadyGuest(deps.zone, params.guest)
    if (newVolumes(params).every((row) => findVolume(deps.zone, row.id))) return
    await checkCreate(deps, params, guest)
    const rows = newVolumes(params).map(
      (row): Change => ({ table: 'volume', key: row.id, before: null, after: row }),
    )
    await deps.zone.commit({ ...commit, action: `snapshot.create ${guest.name}/${params.name}` }, rows)
  },
  undo: ({ params, commit }) =>
    forgetVolumes(deps.zone, newVolumes(params), { ...commit, action: 'snapshot.create undone' }),
})

async function checkCreate(deps: GuestDeps, params: SnapshotCreateParams, guest: Guest): Promise<void> {
  requireVersion(guest, params)
  // Between the plan and the lock, above all in the line for it, the guest may have got other layers.
  const planned = disksBefore(params)
  const same = guest.disks.every((disk, index) => disk.volume === planned[index]?.volume)
  if (!same || guest.snapshot !== params.parent) throw justChanged(guest)
  const twin = deps.zone.db
    .select()
    .from(schema.snapshot)
    .where(and(eq(schema.snapshot.guest, guest.id), eq(schema.snapshot.name, params.name)))
    .get()
  if (twin)
    throw new AppError('conflict', `guest '${guest.name}' has a snapshot '${params.name}'`, { field: 'name' })
  const state = await deps.live.look(guest.id)
  if (isRunning(state) !== params.running)
    throw new AppError('conflict', `guest '${guest.name}' has just changed to '${state}'; try again`)
  if (params.consistency === 'filesystem' && !(await deps.hypervisor.agent.ping(guest.id, agentTimeoutMs)))
    throw new AppError(
      'conflict',
      `a file-system-consistent snapshot needs the guest agent, and that of '${guest.name}' does not answer; start qemu-guest-agent inside the guest or ask for a crash-consistent one`,
      { field: 'consistency' },
    )
}

export const justChanged = (guest: Guest) =>
  new AppError('conflict', `the disks of guest '${guest.name}' have just changed; try again`)

/** Removes rows of volumes that never came to hold anything. */
export async function forgetVolumes(
  zone: Zone,
  volumes: readonly NewVolume[],
  info: { who: string; requestId: string; action: string },
): Promise<void> {
  const there = volumes.map((row) => findVolume(zone, row.id)).filter((row) => row !== undefined)
  if (there.length > 0)
    await zone.commit(
      info,
      there.map((row) => remove('volume', row.id, row.version)),
    )
}

const copyNvram = (deps: GuestDeps): Step<SnapshotCreateParams> => ({
  name: 'nvram',
  describe: ({ nvram }) => (nvram ? [{ effect: `copy the UEFI variables to '${nvram.name}'` }] : []),
  async run({ params, taskId }) {
    const { nvram } = readGuest(deps.zone, params.guest)
    if (params.nvram && nvram) await copyVolume(deps, readVolume(deps.zone, nvram), params.nvram, taskId)
  },
  async undo({ params }) {
    if (params.nvram) await deps.store(params.nvram.pool).remove(params.nvram.name)
  },
})

/** Small files only: by way of the scratch directory, since pools know nothing of each other. */
export async function copyVolume(
  deps: GuestDeps,
  from: Volume,
  to: NewVolume,
  taskId: string,
): Promise<void> {
  const path = join(deps.scratchDir, `copy-${taskId}`)
  try {
    await deps.store(from.pool).exportFile(from.name, path)
    await deps.store(to.pool).importFile(to.name, path)
  } finally {
    await rm(path, { force: true })
  }
}

const overlays = (deps: GuestDeps): Step<SnapshotCreateParams> => ({
  name: 'overlays',
  weight: 6,
  describe: (params) => [
    ...(isNative(params)
      ? [
          {
            effect: `take snapshots of ${params.natives?.length} disks on their pool, the instance held still`,
          },
        ]
      : overlayEffects(deps, params)),
  ],
  run: (context) => {
    const { params, signal } = context
    if (isNative(params)) return takeNative(deps, { ...params, natives: params.natives ?? [] }, signal)
    return params.running ? switchLive(deps, params) : makeOverlays(deps, params.layers)
  },
  undo: (context) => {
    const { params, signal } = context
    if (isNative(params)) return undoNative(deps, { ...params, natives: params.natives ?? [] }, signal)
    return params.running ? switchBack(deps, context) : removeOverlays(deps, params.layers)
  },
})

const isNative = ({ natives = [] }: SnapshotCreateParams): boolean => natives.length > 0

function overlayEffects(deps: GuestDeps, params: SnapshotCreateParams): Effect[] {
  const { running, layers, guest, memory, consistency } = params
  if (!running) return layers.map((layer) => overlayEffect(deps, layer))
  const effect = `switch ${layers.length} disks of the running instance to new overlays${memory ? ' and save its memory' : ''}`
  const paused = memory ? 'it stands still while its memory is saved' : 'it goes on writing to the overlays'
  return [
    effectOf(effect, () => ({
      commands: deps.hypervisor.commands.createSnapshot(guest, {
        ...(memory ? { memoryPath: memory.name } : {}),
        quiesce: consistency === 'filesystem',
      }),
      ...(memory ? { space: { pool: memory.pool, bytes: readGuest(deps.zone, guest).memoryBytes } } : {}),
      ...touching(deps, guest, paused),
    })),
  ]
}

export interface OverlayPlan {
  /** Id of the volume that the overlay stands on. */
  frozen: string
  /** Inside that, the snapshot that it is a clone of. */
  snapshot?: string
  sizeBytes: number
  overlay: NewVolume
}

export async function makeOverlays(deps: GuestDeps, layers: readonly OverlayPlan[]): Promise<void> {
  for (const { frozen, snapshot, overlay, sizeBytes } of layers) {
    const parent = readVolume(deps.zone, frozen).name
    await deps
      .store(overlay.pool)
      .clone(overlay.name, { parent, ...(snapshot ? { snapshot } : {}), sizeBytes })
  }
}

export async function removeOverlays(deps: GuestDeps, layers: readonly OverlayPlan[]): Promise<void> {
  for (const { overlay } of layers) await deps.store(overlay.pool).remove(overlay.name)
}

async function switchLive(deps: GuestDeps, params: SnapshotCreateParams): Promise<void> {
  if (!isRunning(await deps.live.look(params.guest))) return switchStopped(deps, params)
  const guest = readGuest(deps.zone, params.guest)
  const disks = params.layers.map((layer) => ({
    target: targetOf(guest, layer.index),
    overlayPath: filePath(deps, layer.overlay.id),
  }))
  const chains = await deps.hypervisor.snapshots.chains(params.guest)
  const active = new Map(chains.map((chain) => [chain.target, chain.files[0]]))
  // A repeat after a crash: all disks switch in one step, so they have all switched or none has.
  if (disks.every((disk) => active.get(disk.target) === disk.overlayPath)) return
  await removeNew(deps, params)
  await deps.hypervisor.snapshots.create(params.guest, {
    disks,
    memoryPath: params.memory ? filePath(deps, params.memory.id) : undefined,
    quiesce: params.consistency === 'filesystem',
  })
}

/**
 * The instance has ended since, by itself or with the host. Whether its disks had switched or not: an overlay that is
 * there holds all that was written after the snapshot, and one that is not, nothing. Memory is saved before that.
 */
async function switchStopped(deps: GuestDeps, params: SnapshotCreateParams): Promise<void> {
  if (await lacksMemory(deps, params))
    throw new AppError(
      'conflict',
      `guest '${params.guestName}' stopped before its memory was saved; take a snapshot of the stopped guest`,
      { field: 'memory' },
    )
  await makeOverlays(deps, params.layers)
}

const lacksMemory = async (deps: GuestDeps, { memory }: SnapshotCreateParams): Promise<boolean> =>
  memory !== null && !(await deps.hypervisor.snapshots.isMemoryWhole(filePath(deps, memory.id)))

async function switchBack(deps: GuestDeps, context: Context): Promise<void> {
  const { params } = context
  await mergeBack(deps, context)
  if (params.memory) await deps.store(params.memory.pool).remove(params.memory.name)
  const guest = readGuest(deps.zone, params.guest)
  await deps.hypervisor.define(domainSpec(deps, { ...guest, disks: disksBefore(params) }))
}

/** What the guest wrote since the switch goes back into the layers that were to be frozen. */
async function mergeBack(deps: GuestDeps, context: Context): Promise<void> {
  const { guest } = context.params
  if (!isRunning(await deps.live.look(guest))) return mergeStopped(deps, context)
  try {
    await mergeRunning(deps, context.params)
  } catch (error) {
    if (isRunning(await deps.live.look(guest))) throw error
    await mergeStopped(deps, context)
  }
}

async function mergeRunning(deps: GuestDeps, params: SnapshotCreateParams): Promise<void> {
  const guest = readGuest(deps.zone, params.guest)
  for (const { index, frozen, overlay } of params.layers) {
    const layers = { topPath: filePath(deps, overlay.id), basePath: filePath(deps, frozen) }
    await deps.hypervisor.snapshots.commit(guest.id, targetOf(guest, index), layers, () => undefined)
    await deps.store(overlay.pool).remove(overlay.name)
  }
}

/**
 * The instance has ended, by itself or with the host. Its persistent definition names the file that each disk wrote to
 * last. An overlay that it does not name was never written to, or has been merged while the instance ran, and what the
 * guest wrote after that is newer. Before all of the memory was saved nothing was switched.
 */
async function mergeStopped(deps: GuestDeps, { params, progress, signal }: Context): Promise<void> {
  const defined = await deps.hypervisor.snapshots.defined(params.guest)
  const writtenTo = (await lacksMemory(deps, params)) ? [] : defined.map(({ file }) => file)
  for (const { overlay } of params.layers) {
    const store = deps.store(overlay.pool)
    if (writtenTo.includes(filePath(deps, overlay.id))) await store.commit(overlay.name, progress, signal)
    else await store.remove(overlay.name)
  }
}

async function removeNew(deps: GuestDeps, params: SnapshotCreateParams): Promise<void> {
  await removeOverlays(deps, params.layers)
  if (params.memory) await deps.store(params.memory.pool).remove(params.memory.name)
}

const record = (deps: GuestDeps): Step<SnapshotCreateParams> => ({
  name: 'record',
  describe: ({ name }) => [{ effect: `record snapshot '${name}'` }],
  async run({ params, commit, who }) {
    const guest = readGuest(deps.zone, params.guest)
    if (guest.snapshot === params.name) return
    await deps.zone.commit({ ...commit, action: `snapshot.create ${guest.name}/${params.name} done` }, [
      { table: 'snapshot', key: params.id, before: null, after: snapshotRow(deps, params, guest) },
      ...newVolumes(params).map((row) => update('volume', readVolume(deps.zone, row.id), { state: 'ready' })),
      update('guest', guest, { disks: activeDisks(params), snapshot: params.name }),
      deps.logLine(who, `took snapshot ${params.name} of guest ${guest.group}.${guest.name}`),
    ])
  },
  async undo({ params, commit }) {
    const guest = readGuest(deps.zone, params.guest)
    const row = deps.zone.db.select().from(schema.snapshot).where(eq(schema.snapshot.id, params.id)).get()
    if (!row) return
    await deps.zone.commit({ ...commit, action: `snapshot.create ${guest.name}/${params.name} undone` }, [
      remove('snapshot', row.id, row.version),
      update('guest', guest, { disks: disksBefore(params), snapshot: params.parent }),
    ])
  },
})

const disksBefore = (params: SnapshotCreateParams) => [
  ...params.layers.map(({ index, frozen, sizeBytes }) => ({ index, volume: frozen, sizeBytes })),
  ...nativeDisks(params),
]

const activeDisks = (params: SnapshotCreateParams) => [
  ...params.layers.map(({ index, overlay, sizeBytes }) => ({ index, volume: overlay.id, sizeBytes })),
  ...nativeDisks(params),
]

const nativeDisks = ({ natives = [] }: SnapshotCreateParams) =>
  natives.map(({ index, volume, sizeBytes }) => ({ index, volume, sizeBytes }))

const snapshotRow = (deps: GuestDeps, params: SnapshotCreateParams, guest: Guest) => ({
  id: params.id,
  guest: guest.id,
  name: params.name,
  description: params.description,
  parent: params.parent,
  running: params.running,
  consistency: params.consistency,
  layers: [
    ...params.layers.map(({ index, frozen, sizeBytes }) => ({ index, volume: frozen, sizeBytes })),
    ...(params.natives ?? []),
  ],
  definition: {
    cores: guest.cores,
    memoryBytes: guest.memoryBytes,
    firmware: guest.firmware,
    machine: guest.machine,
  },
  nvram: params.nvram?.id ?? null,
  memory: params.memory?.id ?? null,
  createdAt: deps.now(),
})

const define = (deps: GuestDeps): Step<SnapshotCreateParams> => ({
  name: 'define',
  describe: ({ guest }) => [defineEffect(deps, 'define the domain on the new overlays', { id: guest })],
  run: ({ params }) => deps.hypervisor.define(domainSpec(deps, readGuest(deps.zone, params.guest))),
  async undo({ params }) {
    // Of a snapshot that was running, the definition tells on which disks: it goes back together with them.
    if (params.running) return
    const guest = readGuest(deps.zone, params.guest)
    await deps.hypervisor.define(domainSpec(deps, { ...guest, disks: disksBefore(params) }))
  },
})
