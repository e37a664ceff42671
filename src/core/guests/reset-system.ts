import type { Saga, Step } from '../../tasks/saga.ts'
import { AppError } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import { claimCopy, imageBytes } from '../images/copies.ts'
import type { GuestDeps } from './deps.ts'
import { copyEffect, defineEffect, diskEffect, quarantineEffects } from './effects.ts'
import type { Guest, GuestDisk, Volume } from './guest.ts'
import { isRunning } from './live.ts'
import { makeDisk } from './make-disk.ts'
import { bringBackAll, quarantineAll } from './quarantine.ts'
import { findVolume, readGuest, readVolume, remove, update } from './record.ts'
import { writeSeed } from './seed.ts'
import { domainSpec } from './spec.ts'

export interface ResetParams extends Expecting {
  id: string
  name: string
  imageName: string
  /** The new system disk; its parent is the image's volume. */
  volume: Omit<Volume, 'version'>
  /** Volume that the image is brought to first, where it lies on another pool. */
  imageCopy: Omit<Volume, 'version'> | null
  /** Volume row of the present one. */
  previous: string
}

/** Puts a fresh clone of an image in the place of the system disk; the old one waits in quarantine. */
export const systemReset = (deps: GuestDeps): Saga<ResetParams> => ({
  kind: 'guest.system.reset',
  title: ({ name, imageName }) => `Reset the system of ${name} to ${imageName}`,
  check: async (params) => void (await checkReset(deps, params)),
  steps: [reserve(deps), disk(deps), swap(deps), seed(deps), define(deps), discard(deps), finish(deps)],
})

/** In the order of the disks; the system disk is the first. */
export const systemDisk = (guest: Guest): GuestDisk => {
  const disk = guest.disks[0]
  if (!disk) throw new Error(`guest ${guest.id} has no system disk`)
  return disk
}

async function checkReset(deps: GuestDeps, params: ResetParams): Promise<Guest> {
  const guest = readGuest(deps.zone, params.id)
  if (guest.state !== 'ready') throw new AppError('conflict', `guest '${guest.name}' is ${guest.state}`)
  requireVersion(guest, params)
  if (isRunning(await deps.live.look(params.id)))
    throw new AppError('conflict', `guest '${guest.name}' is running; stop it first`)
  if (guest.snapshot !== null)
    throw new AppError(
      'conflict',
      `guest '${guest.name}' has snapshots, which stand on the system disk: delete them first`,
    )
  if (systemDisk(guest).volume !== params.previous)
    throw new AppError('conflict', `the system disk of guest '${guest.name}' has just changed; look again`)
  return guest
}

const reserve = (deps: GuestDeps): Step<ResetParams> => ({
  name: 'reserve',
  describe: ({ name, volume }) => [
    { effect: `mark guest '${name}' as being reset, and claim volume '${volume.name}'` },
  ],
  async run({ params, commit }) {
    if (readGuest(deps.zone, params.id).state === 'resetting') return
    const guest = await checkReset(deps, params)
    await deps.zone.commit({ ...commit, action: `guest.system.reset ${guest.name}` }, [
      update('guest', guest, { state: 'resetting' }),
      ...claimCopy(deps.zone.db, params.imageCopy),
      { table: 'volume', key: params.volume.id, before: null, after: params.volume },
    ])
  },
  async undo({ params, commit }) {
    const guest = readGuest(deps.zone, params.id)
    if (guest.state !== 'resetting') return
    const volume = findVolume(deps.zone, params.volume.id)
    await deps.zone.commit({ ...commit, action: `guest.system.reset ${guest.name} undone` }, [
      update('guest', guest, { state: 'ready' }),
      ...(volume ? [remove('volume', volume.id, volume.version)] : []),
    ])
  },
})

const disk = (deps: GuestDeps): Step<ResetParams> => ({
  name: 'disk',
  weight: 4,
  describe: ({ volume, imageName, imageCopy }) => {
    const effect = `make '${volume.name}' on pool '${volume.pool}', a thin clone of image '${imageName}'`
    const copying =
      imageCopy && `copy image '${imageName}' to '${imageCopy.name}' on pool '${imageCopy.pool}'`
    return [
      ...(copying
        ? [copyEffect(deps, copying, { from: () => imageBytes(deps, imageCopy), to: imageCopy })]
        : []),
      diskEffect(deps, effect, { disk: volume, copy: imageCopy }),
    ]
  },
  run: (context) => makeDisk(deps, context.params.volume, context),
  undo: ({ params: { volume } }) => deps.store(volume.pool).remove(volume.name),
})

const swap = (deps: GuestDeps): Step<ResetParams> => ({
  name: 'swap',
  describe: () => [{ effect: 'record the new system disk in the place of the old one' }],
  run: ({ params, commit }) => recordDisk(deps, params, { commit, volume: params.volume.id, what: '' }),
  undo: ({ params, commit }) =>
    recordDisk(deps, params, { commit, volume: params.previous, what: ' undone' }),
})

async function recordDisk(
  deps: GuestDeps,
  { id }: ResetParams,
  { commit, volume, what }: { commit: { who: string; requestId: string }; volume: string; what: string },
): Promise<void> {
  const guest = readGuest(deps.zone, id)
  if (systemDisk(guest).volume === volume) return
  const disks = guest.disks.map((row, index) => (index === 0 ? { ...row, volume } : row))
  await deps.zone.commit({ ...commit, action: `guest.system.reset ${guest.name}: disk${what}` }, [
    update('guest', guest, { disks, modifiedAt: deps.now() }),
  ])
}

const seed = (deps: GuestDeps): Step<ResetParams> => ({
  name: 'cloud-init seed',
  describe: () => [{ effect: 'make the cloud-init seed anew, if it has one' }],
  run: ({ params, taskId }) => writeSeed(deps, readGuest(deps.zone, params.id), taskId),
})

const define = (deps: GuestDeps): Step<ResetParams> => ({
  name: 'define',
  describe: ({ id }) => [defineEffect(deps, 'define the domain anew', { id })],
  run: ({ params }) => deps.hypervisor.define(domainSpec(deps, readGuest(deps.zone, params.id))),
  async undo({ params }) {
    const guest = readGuest(deps.zone, params.id)
    const disks = guest.disks.map((row, index) => (index === 0 ? { ...row, volume: params.previous } : row))
    await deps.hypervisor.define(domainSpec(deps, { ...guest, disks }))
  },
})

const discardInfo = ({ name }: ResetParams, commit: { who: string; requestId: string }) => ({
  ...commit,
  action: `guest.system.reset ${name}: old disk`,
})

const discard = (deps: GuestDeps): Step<ResetParams> => ({
  name: 'quarantine',
  describe: ({ previous }) => quarantineEffects(deps, [previous], 'move the old system disk into quarantine'),
  run: ({ params, commit }) => quarantineAll(deps, discardInfo(params, commit), [params.previous]),
  undo: ({ params, commit }) => bringBackAll(deps, discardInfo(params, commit), [params.previous]),
})

const finish = (deps: GuestDeps): Step<ResetParams> => ({
  name: 'finish',
  irreversible: true,
  describe: () => [{ effect: 'record the guest as ready' }],
  async run({ params, commit, who }) {
    const guest = readGuest(deps.zone, params.id)
    if (guest.state === 'ready') return
    await deps.zone.commit({ ...commit, action: `guest.system.reset ${guest.name} done` }, [
      update('guest', guest, { state: 'ready' }),
      update('volume', readVolume(deps.zone, params.volume.id), { state: 'ready' }),
      deps.logLine(who, `reset the system of guest ${guest.group}.${guest.name} to ${params.imageName}`),
    ])
  },
})
