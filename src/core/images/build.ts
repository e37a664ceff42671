import type { Saga, Step, StepContext } from '../../tasks/saga.ts'
import type { Change } from '../../zone/zone.ts'
import { dryCommit } from '../change-plan.ts'
import { effectOf } from '../effects.ts'
import { AppError } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { copyEffect, touching } from '../guests/effects.ts'
import type { Guest } from '../guests/guest.ts'
import { isRunning } from '../guests/live.ts'
import { readGuest, readReadyGuest, readVolume, update } from '../guests/record.ts'
import { domainSpec, filePath, targetOf } from '../guests/spec.ts'
import { findVolume } from '../ledger/record.ts'
import { requireRoom } from '../ledger/room.ts'
import { changeVolume, type NewVolume, readyVolume, releaseVolume } from '../ledger/volume.ts'
import { mergeHidden } from '../snapshots/layers.ts'
import { takeNative, undoNative } from '../snapshots/native.ts'
import type { NewImage } from './image.ts'
import { changeImage, findImage, insertImage, readImage, removeImage } from './record.ts'

/** Chosen before the first effect, so that a repeated step makes the same thing again. */
export interface ImageBuildParams {
  image: NewImage
  volume: NewVolume
  guest: string
  guestName: string
  /** Volume row of the layer that is copied: the active one of the system disk. */
  source: string
  /** Takes the writes of a running guest while its layer is copied; null where it is stopped. */
  overlay: NewVolume | null
  /** Snapshot inside the source that is copied in its place, where the guest runs and its pool keeps them there. */
  snapshot?: string | null
}

type Context = StepContext<ImageBuildParams>

const agentTimeoutMs = 3_000

/**
 * A disk image from a guest's system disk, flattened. A running guest is switched to a new overlay first, with its file
 * systems frozen where the agent answers; so the layer below holds still while it is copied, and is merged back afterwards.
 */
export const imageBuild = (deps: GuestDeps): Saga<ImageBuildParams> => ({
  kind: 'image.build',
  title: ({ image, guestName }) => `Build disk image ${image.name} from guest ${guestName}`,
  check: (params) => checkBuild(deps, params),
  steps: [reserve(deps), freeze(deps), copy(deps), merge(deps), finish(deps)],
  result: ({ image }) => ({ id: image.id }),
})

const claimed = ({ volume, overlay }: ImageBuildParams): NewVolume[] =>
  overlay ? [volume, overlay] : [volume]

const claim = (params: ImageBuildParams): Change[] => [
  insertImage(params.image),
  ...claimed(params).map((row): Change => ({ table: 'volume', key: row.id, before: null, after: row })),
]

const reserve = (deps: GuestDeps): Step<ImageBuildParams> => ({
  name: 'reserve',
  describe: ({ image, volume }) => [
    { effect: `record disk image '${image.name}' and its volume '${volume.name}'` },
  ],
  async run({ params, commit }) {
    if (findImage(deps.zone.db, params.image.id)) return
    await requireUnchanged(deps, params)
    await deps.ensureRoom(params.volume.pool, await chainBytes(deps, params.source))
    await deps.zone.commit({ ...commit, action: `image.build ${params.image.name}` }, claim(params))
  },
  async undo({ params, commit }) {
    const image = findImage(deps.zone.db, params.image.id)
    const rows = claimed(params).map((row) => findVolume(deps.zone.db, row.id))
    const unused = rows.filter((row) => row?.state === 'creating').map((row) => releaseVolume(row!))
    const changes = [...(image ? [removeImage(image)] : []), ...unused]
    if (changes.length === 0) return
    await deps.zone.commit({ ...commit, action: `image.build ${params.image.name} undone` }, changes)
  },
})

/** The room that the reserving step would make is only counted, and the claim only tried. */
async function checkBuild(deps: GuestDeps, params: ImageBuildParams): Promise<void> {
  await requireUnchanged(deps, params)
  await requireRoom(deps, params.volume.pool, await chainBytes(deps, params.source))
  await deps.zone.commit({ ...dryCommit, action: `image.build ${params.image.name}` }, claim(params))
}

/** Between the request and the lock the guest may have been started, stopped or snapshotted. */
async function requireUnchanged(deps: GuestDeps, params: ImageBuildParams): Promise<void> {
  const guest = readReadyGuest(deps.zone, params.guest)
  const running = isRunning(await deps.live.look(guest.id))
  const held = params.overlay !== null || Boolean(params.snapshot)
  if (running !== held || guest.disks[0]?.volume !== params.source)
    throw new AppError('conflict', `guest '${guest.name}' has just changed: try again`)
}

/** What the layers hold together: the copy needs at most that, and less when it compresses. */
async function chainBytes(deps: GuestDeps, top: string): Promise<number> {
  let bytes = 0
  for (let id: string | null = top; id !== null; ) {
    const layer = readVolume(deps.zone, id)
    bytes += (await deps.store(layer.pool).info(layer.name)).allocatedBytes
    id = layer.parent
  }
  return bytes
}

const freeze = (deps: GuestDeps): Step<ImageBuildParams> => ({
  name: 'freeze',
  describe: ({ overlay, guest }) =>
    overlay
      ? [
          effectOf(
            `switch the running system disk to the new overlay '${overlay.name}'; --quiesce where its agent answers`,
            () => ({
              commands: deps.hypervisor.commands.createSnapshot(guest, { quiesce: true }),
              ...touching(deps, guest, 'it goes on writing to the overlay'),
            }),
          ),
        ]
      : [],
  async run({ params, commit, signal }) {
    if (params.snapshot) await snapSource(deps, params, signal)
    const { overlay } = params
    if (!overlay || systemDisk(readGuest(deps.zone, params.guest)) === overlay.id) return
    const target = targetOf(readGuest(deps.zone, params.guest), 0)
    const overlayPath = pathOf(deps, overlay)
    const chains = await deps.hypervisor.snapshots.chains(params.guest)
    // A repeat after a crash finds the disk switched already.
    if (chains.find((chain) => chain.target === target)?.files[0] !== overlayPath) {
      await deps.store(overlay.pool).remove(overlay.name)
      const quiesce = await deps.hypervisor.agent.ping(params.guest, agentTimeoutMs)
      await deps.hypervisor.snapshots.create(params.guest, { disks: [{ target, overlayPath }], quiesce })
    }
    await recordSwitch(deps, params, overlay, {
      ...commit,
      action: `image.build ${params.image.name}: switched`,
    })
    await define(deps, params)
  },
  undo: (context) => mergeBack(deps, context),
})

async function snapSource(deps: GuestDeps, params: ImageBuildParams, signal: AbortSignal): Promise<void> {
  const answers = await deps.hypervisor.agent.ping(params.guest, agentTimeoutMs)
  await takeNative(deps, nativeRequest(params, answers ? 'filesystem' : 'crash'), signal)
}

const nativeRequest = (params: ImageBuildParams, consistency: 'filesystem' | 'crash') => ({
  ...{ guest: params.guest, guestName: params.guestName, running: true, consistency, memory: null },
  natives: [{ index: 0, volume: params.source, sizeBytes: 0, snapshot: params.snapshot ?? '' }],
})

const systemDisk = (guest: Guest) => guest.disks[0]?.volume

const pathOf = (deps: GuestDeps, overlay: NewVolume): string => filePath(deps, overlay.id)

/** The layer below is hidden from now on, as one whose snapshot is gone: so it is merged even by a later deletion. */
async function recordSwitch(
  deps: GuestDeps,
  params: ImageBuildParams,
  overlay: NewVolume,
  info: { who: string; requestId: string; action: string },
): Promise<void> {
  const guest = readGuest(deps.zone, params.guest)
  const disks = guest.disks.map((disk, index) => (index === 0 ? { ...disk, volume: overlay.id } : disk))
  await deps.zone.commit(info, [
    update('guest', guest, { disks }),
    update('volume', readVolume(deps.zone, overlay.id), { state: 'ready' }),
    update('volume', readVolume(deps.zone, params.source), { hidden: true }),
  ])
}

const define = (deps: GuestDeps, params: ImageBuildParams): Promise<void> =>
  deps.hypervisor.define(domainSpec(deps, readGuest(deps.zone, params.guest)))

const copy = (deps: GuestDeps): Step<ImageBuildParams> => ({
  name: 'copy',
  weight: 10,
  describe: ({ volume, guestName, source, snapshot }) => [
    copyEffect(
      deps,
      `copy the system disk of '${guestName}' with all its layers into '${volume.name}', compressed`,
      {
        from: () => readVolume(deps.zone, source),
        ...(snapshot ? { snapshot } : {}),
        to: { ...volume, format: 'qcow2' },
      },
    ),
  ],
  async run({ params, progress, signal }) {
    const { volume } = params
    const from = readVolume(deps.zone, params.source)
    const source = await deps.store(from.pool).location(from.name, params.snapshot ?? undefined)
    await deps.store(volume.pool).copy(volume.name, { source, format: 'qcow2' }, progress, signal)
  },
  undo: ({ params }) => deps.store(params.volume.pool).remove(params.volume.name),
})

const merge = (deps: GuestDeps): Step<ImageBuildParams> => ({
  name: 'merge',
  weight: 3,
  describe: ({ overlay }) =>
    overlay ? [{ effect: 'merge the copied layer with the overlay above it' }] : [],
  run: (context) => mergeBack(deps, context),
})

async function mergeBack(deps: GuestDeps, { params, commit, progress, signal }: Context): Promise<void> {
  if (params.snapshot) return undoNative(deps, nativeRequest(params, 'filesystem'), signal)
  // Nothing was switched, or a crash came before it was recorded and libvirt was never asked.
  if (!params.overlay || findVolume(deps.zone.db, params.overlay.id)?.state !== 'ready') return
  await deps.live.look(params.guest)
  const info = { ...commit, action: `image.build ${params.image.name}: merge` }
  await mergeHidden({ deps, guest: params.guest, info, progress, signal })
  await define(deps, params)
}

const finish = (deps: GuestDeps): Step<ImageBuildParams> => ({
  name: 'finish',
  describe: ({ image }) => [{ effect: `mark disk image '${image.name}' as ready` }],
  async run({ params, commit, who }) {
    const image = readImage(deps.zone.db, params.image.id)
    if (image.state === 'ready') return
    const volume = readVolume(deps.zone, params.volume.id)
    const { virtualSizeBytes, storedBytes } = await deps.store(volume.pool).info(volume.name)
    await deps.zone.commit({ ...commit, action: `image.build ${image.name} done` }, [
      readyVolume(volume, { sizeBytes: virtualSizeBytes }),
      changeImage(image, {
        ...{ state: 'ready', volume: volume.id, format: 'qcow2', modifiedAt: deps.now() },
        ...{ sizeBytes: storedBytes, virtualSizeBytes },
      }),
      deps.logLine(who, `built disk image ${image.group}.${image.name} from guest ${params.guestName}`),
    ])
  },
  // A crash may come after the commit and before its success is written down.
  async undo({ params, commit }) {
    const image = findImage(deps.zone.db, params.image.id)
    const volume = findVolume(deps.zone.db, params.volume.id)
    if (image?.state !== 'ready' || !volume) return
    await deps.zone.commit({ ...commit, action: `image.build ${image.name} not done` }, [
      changeImage(image, { state: 'building', volume: null }),
      changeVolume(volume, { state: 'creating' }),
    ])
  },
})
