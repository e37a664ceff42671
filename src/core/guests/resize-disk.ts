import type { Effect, Saga, Step } from '../../tasks/saga.ts'
import { effectOf } from '../effects.ts'
import { AppError, invalid } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import { checkQuota } from '../identity/quotas.ts'
import type { GuestDeps } from './deps.ts'
import { touching } from './effects.ts'
import type { Guest, GuestDisk } from './guest.ts'
import { isRunning } from './live.ts'
import { readGuest, readReadyGuest, readVolume, update } from './record.ts'
import { targetOf } from './spec.ts'
import { inTurn } from './turn.ts'

export interface ResizeParams extends Expecting {
  id: string
  name: string
  index: number
  beforeBytes: number
  sizeBytes: number
  /** Also while the instance runs, which sees the new size at once. */
  immediate: boolean
}

/** Grows a disk; what was recorded before it grew says how large it must become when a crash comes between. */
export const diskResize = (deps: GuestDeps): Saga<ResizeParams> => ({
  kind: 'guest.disk.resize',
  title: ({ name, index }) => `Grow disk ${index} of ${name}`,
  check: async (params) => void (await checkResize(deps, params)),
  steps: [record(deps), grow(deps)],
})

/** Throws `not_found` naming the path's `index`. */
export function diskOf(guest: Guest, index: number): GuestDisk {
  const disk = guest.disks.find((candidate) => candidate.index === index)
  if (disk) return disk
  throw new AppError(
    'not_found',
    `guest '${guest.name}' has the disks 0 to ${guest.disks.length - 1}, not ${index}`,
    { field: 'index' },
  )
}

async function checkResize(deps: GuestDeps, params: ResizeParams): Promise<Guest> {
  const { id, index, beforeBytes, sizeBytes, immediate } = params
  const guest = readReadyGuest(deps.zone, id)
  const disk = diskOf(guest, index)
  // A repeat finds what its own commit has made.
  if (disk.sizeBytes === sizeBytes) return guest
  requireVersion(guest, params)
  if (disk.sizeBytes !== beforeBytes)
    throw new AppError('conflict', `disk ${index} of guest '${guest.name}' has just been resized; look again`)
  const { pool } = readVolume(deps.zone, disk.volume)
  const running = isRunning(await deps.live.look(id))
  if (running && !immediate)
    throw new AppError(
      'conflict',
      `guest '${guest.name}' is running; stop it first, or say immediate to grow the disk under it`,
      { field: 'immediate' },
    )
  if (running && !deps.store(pool).capabilities.onlineResize)
    throw new AppError(
      'unsupported',
      `disks on storage pool '${pool}' cannot grow while they are in use: stop the guest first`,
      { field: 'immediate' },
    )
  requireQuota(deps, guest, params)
  await checkGrowth(deps, pool, sizeBytes - beforeBytes)
  return guest
}

function requireQuota({ zone }: GuestDeps, { group }: Guest, { beforeBytes, sizeBytes }: ResizeParams): void {
  checkQuota(zone.db, {
    group,
    more: { diskBytes: sizeBytes - beforeBytes },
    fields: { diskBytes: 'size' },
  })
}

async function checkGrowth(deps: GuestDeps, pool: string, moreBytes: number): Promise<void> {
  const { freeBytes, quarantinedBytes } = await deps.store(pool).usage()
  if (moreBytes <= freeBytes + quarantinedBytes) return
  throw new AppError(
    'insufficient_capacity',
    `the disk needs ${moreBytes} bytes more, but storage pool '${pool}' has ${freeBytes} bytes free and ${quarantinedBytes} in quarantine`,
    { field: 'size', details: { pool, wantedBytes: moreBytes, freeBytes, quarantinedBytes } },
  )
}

/** A disk that is to grow must grow. */
export function checkLarger(disk: GuestDisk, sizeBytes: number): void {
  if (sizeBytes < disk.sizeBytes)
    throw invalid(
      'size',
      `size must be more than the ${disk.sizeBytes} bytes that the disk has: disks only grow`,
    )
  if (sizeBytes === disk.sizeBytes) throw invalid('size', `the disk has ${sizeBytes} bytes already`)
}

const record = (deps: GuestDeps): Step<ResizeParams> => ({
  name: 'record',
  describe: ({ index, sizeBytes }) => [{ effect: `record ${sizeBytes} bytes for disk ${index}` }],
  async run({ params, commit, who }) {
    const guest = await checkResize(deps, params)
    if (diskOf(guest, params.index).sizeBytes === params.sizeBytes) return
    const what = `disk ${params.index} to ${params.sizeBytes} bytes`
    await inTurn(async () => {
      requireQuota(deps, guest, params)
      await deps.zone.commit({ ...commit, action: `guest.disk.resize ${guest.name}: ${what}` }, [
        ...sized(deps, guest, params.index, params.sizeBytes),
        deps.logLine(who, `resized ${what} of guest ${guest.group}.${guest.name}`),
      ])
    })
  },
  async undo({ params, commit }) {
    const guest = readGuest(deps.zone, params.id)
    if (diskOf(guest, params.index).sizeBytes === params.beforeBytes) return
    await deps.zone.commit(
      { ...commit, action: `guest.disk.resize ${guest.name} undone` },
      sized(deps, guest, params.index, params.beforeBytes),
    )
  },
})

function sized(deps: GuestDeps, guest: Guest, index: number, sizeBytes: number) {
  const disks = guest.disks.map((disk) => (disk.index === index ? { ...disk, sizeBytes } : disk))
  const volume = readVolume(deps.zone, diskOf(guest, index).volume)
  return [update('guest', guest, { disks, modifiedAt: deps.now() }), update('volume', volume, { sizeBytes })]
}

function growEffect(deps: GuestDeps, { id, index, beforeBytes, sizeBytes }: ResizeParams): Effect {
  const effect = `grow the disk to ${sizeBytes} bytes`
  return effectOf(effect, () => {
    const guest = readGuest(deps.zone, id)
    const { pool, name } = readVolume(deps.zone, diskOf(guest, index).volume)
    const commands = deps.live.running(id)
      ? deps.hypervisor.commands.resizeDisk(id, targetOf(guest, index), sizeBytes)
      : (deps.store(pool).commands?.resize(name, sizeBytes).commands ?? [])
    const space = { pool, bytes: sizeBytes - beforeBytes }
    return { commands, space, ...touching(deps, id, 'its disk grows while it runs') }
  })
}

const grow = (deps: GuestDeps): Step<ResizeParams> => ({
  name: 'grow',
  irreversible: true,
  describe: (params) => [growEffect(deps, params)],
  async run({ params }) {
    const guest = readGuest(deps.zone, params.id)
    const volume = readVolume(deps.zone, diskOf(guest, params.index).volume)
    if (isRunning(await deps.live.look(params.id)))
      await deps.hypervisor.resizeDisk(params.id, targetOf(guest, params.index), params.sizeBytes)
    else await deps.store(volume.pool).resize(volume.name, params.sizeBytes)
  },
})
