import { isDeepStrictEqual } from 'node:util'
import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Saga, Step, StepContext } from '../../tasks/saga.ts'
import type { Change, CommitInfo } from '../../zone/zone.ts'
import { effectOf } from '../effects.ts'
import { notFound } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import type { GuestDeps } from '../guests/deps.ts'
import {
  defineEffect,
  destroyEffect,
  overlayEffect,
  quarantineEffects,
  startEffect,
} from '../guests/effects.ts'
import type { Guest, Snapshot, Volume } from '../guests/guest.ts'
import { quarantineAll } from '../guests/quarantine.ts'
import { findVolume, readGuest, readReadyGuest, readVolume, update } from '../guests/record.ts'
import { cardOf, domainSpec, filePath } from '../guests/spec.ts'
import type { DomainSpec } from '../hypervisor.ts'
import {
  copyVolume,
  forgetVolumes,
  justChanged,
  makeOverlays,
  type OverlayPlan,
  removeOverlays,
} from './create.ts'
import { snapshotsInside } from './layers.ts'

type Context = StepContext<SnapshotRestoreParams>
type NewVolume = Omit<Volume, 'version'>
type Restored = Pick<Guest, 'disks' | 'nvram' | 'snapshot' | 'cores' | 'memoryBytes' | 'firmware' | 'machine'>

export interface SnapshotRestoreParams extends Expecting {
  guest: string
  guestName: string
  snapshot: string
  name: string
  /** New overlays on the snapshot's layers. */
  layers: OverlayPlan[]
  /** Copy of the snapshot's UEFI variables, and from which volume. */
  nvram: { from: string; row: NewVolume } | null
  /** Volume of the memory; with it the guest runs on from where it was. */
  memory: string | null
  /** Start afresh where no memory was kept. */
  start: boolean
  before: Restored
  after: Restored
}

/** The old active layers go to quarantine only when all else is done, so that every step before can be taken back. */
export const snapshotRestore = (deps: GuestDeps): Saga<SnapshotRestoreParams> => ({
  kind: 'snapshot.restore',
  title: ({ name, guestName }) => `Restore ${guestName} to snapshot ${name}`,
  check: (params) => void checkRestore(deps, params),
  steps: [
    reserve(deps),
    stop(deps),
    overlays(deps),
    nvram(deps),
    record(deps),
    define(deps),
    start(deps),
    retire(deps),
  ],
})

const newVolumes = (params: SnapshotRestoreParams): NewVolume[] => [
  ...params.layers.map((layer) => layer.overlay),
  ...(params.nvram ? [params.nvram.row] : []),
]

const reserve = (deps: GuestDeps): Step<SnapshotRestoreParams> => ({
  name: 'reserve',
  describe: (params) => [{ effect: `record ${newVolumes(params).length} new volumes` }],
  async run({ params, commit }) {
    if (newVolumes(params).every((row) => findVolume(deps.zone, row.id)))
      return void readReadyGuest(deps.zone, params.guest)
    const guest = checkRestore(deps, params)
    const rows = newVolumes(params).map(
      (row): Change => ({ table: 'volume', key: row.id, before: null, after: row }),
    )
    await deps.zone.commit({ ...commit, action: `snapshot.restore ${guest.name}/${params.name}` }, rows)
  },
  undo: ({ params, commit }) =>
    forgetVolumes(deps.zone, newVolumes(params), { ...commit, action: 'snapshot.restore undone' }),
})

function checkRestore(deps: GuestDeps, params: SnapshotRestoreParams): Guest {
  const guest = readReadyGuest(deps.zone, params.guest)
  requireVersion(guest, params)
  const snapshot = deps.zone.db
    .select()
    .from(schema.snapshot)
    .where(eq(schema.snapshot.id, params.snapshot))
    .get()
  if (!snapshot) throw notFound('snapshot', params.name)
  if (!isAsPlanned(guest, snapshot, params)) throw justChanged(guest)
  return guest
}

/** Between the plan and the lock, above all in the line for it, the guest may have got other layers. */
const isAsPlanned = (guest: Guest, snapshot: Snapshot, { before, layers }: SnapshotRestoreParams): boolean =>
  Object.entries(before).every(([key, value]) => isDeepStrictEqual(guest[key as keyof Restored], value)) &&
  snapshot.layers.every(({ volume }, index) => volume === layers[index]?.frozen)

const stop = (deps: GuestDeps): Step<SnapshotRestoreParams> => ({
  name: 'stop',
  describe: ({ guest }) => [destroyEffect(deps, guest)],
  async run({ params }) {
    await deps.hypervisor.destroy(params.guest)
    deps.live.set(params.guest, 'stopped')
  },
})

const overlays = (deps: GuestDeps): Step<SnapshotRestoreParams> => ({
  name: 'overlays',
  weight: 2,
  describe: ({ layers }) => layers.map((layer) => overlayEffect(deps, layer)),
  run: ({ params }) => makeOverlays(deps, params.layers),
  undo: ({ params }) => removeOverlays(deps, params.layers),
})

const nvram = (deps: GuestDeps): Step<SnapshotRestoreParams> => ({
  name: 'nvram',
  describe: (params) => (params.nvram ? [{ effect: "copy the snapshot's UEFI variables" }] : []),
  run: ({ params, taskId }) => copyBack(deps, params, taskId),
  async undo({ params }) {
    if (params.nvram) await deps.store(params.nvram.row.pool).remove(params.nvram.row.name)
  },
})

async function copyBack(deps: GuestDeps, { nvram }: SnapshotRestoreParams, taskId: string): Promise<void> {
  if (nvram) await copyVolume(deps, readVolume(deps.zone, nvram.from), nvram.row, taskId)
}

const record = (deps: GuestDeps): Step<SnapshotRestoreParams> => ({
  name: 'record',
  describe: ({ name }) => [{ effect: `record that the guest stands on snapshot '${name}'` }],
  async run({ params, commit, who }) {
    const guest = readGuest(deps.zone, params.guest)
    if (standsOn(guest, params.after)) return
    await deps.zone.commit({ ...commit, action: `snapshot.restore ${guest.name}/${params.name} done` }, [
      update('guest', guest, { ...params.after }),
      ...newVolumes(params).map((row) => update('volume', readVolume(deps.zone, row.id), { state: 'ready' })),
      deps.logLine(who, `restored guest ${guest.group}.${guest.name} to snapshot ${params.name}`),
    ])
  },
  async undo({ params, commit }) {
    const guest = readGuest(deps.zone, params.guest)
    if (standsOn(guest, params.before)) return
    await deps.zone.commit({ ...commit, action: `snapshot.restore ${guest.name}/${params.name} undone` }, [
      update('guest', guest, { ...params.before }),
    ])
  },
})

const standsOn = (guest: Guest, state: Restored): boolean =>
  guest.disks.length === state.disks.length &&
  guest.disks.every((disk, i) => disk.volume === state.disks[i]?.volume) &&
  guest.snapshot === state.snapshot

const define = (deps: GuestDeps): Step<SnapshotRestoreParams> => ({
  name: 'define',
  describe: ({ guest, after }) => [
    defineEffect(deps, 'define the domain on the new overlays', { id: guest, values: after }),
  ],
  run: ({ params }) =>
    deps.hypervisor.define(domainSpec(deps, { ...readGuest(deps.zone, params.guest), ...params.after })),
  undo: ({ params }) =>
    deps.hypervisor.define(domainSpec(deps, { ...readGuest(deps.zone, params.guest), ...params.before })),
})

const start = (deps: GuestDeps): Step<SnapshotRestoreParams> => ({
  name: 'start',
  weight: 3,
  describe: ({ guest, memory, start: wanted }) =>
    memory
      ? [
          effectOf('go on from the saved memory', () => ({
            commands: deps.hypervisor.commands.restore(
              cardOf(deps.zone, readGuest(deps.zone, guest)),
              filePath(deps, memory),
            ),
          })),
        ]
      : wanted
        ? [startEffect(deps, 'start', guest)]
        : [],
  async run(context) {
    const { params } = context
    if (!params.memory && !params.start) return
    const spec = domainSpec(deps, readGuest(deps.zone, params.guest))
    if (params.memory) await goOn(deps, context, { spec, memoryPath: filePath(deps, params.memory) })
    else await deps.hypervisor.start(spec)
    deps.live.set(params.guest, 'running')
  },
  async undo({ params }) {
    await deps.hypervisor.destroy(params.guest)
    deps.live.set(params.guest, 'stopped')
  },
})

/**
 * A repeat after a crash: libvirt ends a restore without us, and the guest may have worked for hours since then. Where it
 * has stopped again, what it wrote does not fit the memory any more: the disks begin anew.
 */
async function goOn(
  deps: GuestDeps,
  { params, taskId }: Pick<Context, 'params' | 'taskId'>,
  { spec, memoryPath }: { spec: DomainSpec; memoryPath: string },
): Promise<void> {
  if ((await deps.hypervisor.state(spec.id)) === 'running') return
  await deps.hypervisor.destroy(spec.id)
  await removeOverlays(deps, params.layers)
  await makeOverlays(deps, params.layers)
  await copyBack(deps, params, taskId)
  await deps.hypervisor.restore(spec, memoryPath)
}

/** What the guest stood on before; nothing else can stand on an active layer. */
const retired = ({ before }: SnapshotRestoreParams): string[] => [
  ...before.disks.map((disk) => disk.volume),
  ...(before.nvram ? [before.nvram] : []),
]

const retire = (deps: GuestDeps): Step<SnapshotRestoreParams> => ({
  name: 'retire',
  irreversible: true,
  describe: (params) =>
    quarantineEffects(
      deps,
      retired(params).filter((id) => snapshotsInside(deps, id).length === 0),
      `move ${retired(params).length} volumes that the guest has left into quarantine`,
    ),
  run: ({ params, commit }) =>
    retireAll(deps, { ...commit, action: `snapshot.restore ${params.guestName}: volumes` }, retired(params)),
})

/** A volume with snapshots inside stays, hidden, and keeps the state that was left, until the last of them has gone. */
async function retireAll(deps: GuestDeps, info: CommitInfo, ids: readonly string[]): Promise<void> {
  const holds = (id: string) => snapshotsInside(deps, id).length > 0
  const kept = ids.filter(holds).map((id) => readVolume(deps.zone, id))
  const visible = kept.filter((volume) => !volume.hidden)
  if (visible.length > 0)
    await deps.zone.commit(
      info,
      visible.map((volume) => update('volume', volume, { hidden: true })),
    )
  await quarantineAll(
    deps,
    info,
    ids.filter((id) => !holds(id)),
  )
}
