import type { Effect, Saga, Step } from '../../tasks/saga.ts'
import { storeEffect } from '../effects.ts'
import { AppError } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import type { GuestDeps } from './deps.ts'
import { touching } from './effects.ts'
import type { Volume } from './guest.ts'
import { isRunning } from './live.ts'
import { readGuest, readReadyGuest, readVolume } from './record.ts'
import { diskOf } from './resize-disk.ts'

export interface ShrinkParams extends Expecting {
  id: string
  name: string
  index: number
  /** Let the running guest give back what its file systems do not use. */
  immediate: boolean
}

/** Gives the storage pool back what a disk holds and does not use; its size stays. */
export const diskShrink = (deps: GuestDeps): Saga<ShrinkParams> => ({
  kind: 'guest.disk.shrink',
  title: ({ name, index }) => `Shrink disk ${index} of ${name}`,
  check: async (params) => void (await checkShrink(deps, params)),
  steps: [shrink(deps)],
})

async function checkShrink(
  deps: GuestDeps,
  params: ShrinkParams,
): Promise<{ volume: Volume; running: boolean }> {
  const guest = readReadyGuest(deps.zone, params.id)
  requireVersion(guest, params)
  const volume = readVolume(deps.zone, diskOf(guest, params.index).volume)
  const running = isRunning(await deps.live.look(params.id))
  if (running && !params.immediate)
    throw new AppError(
      'conflict',
      `guest '${guest.name}' is running; stop it first, or say immediate to let it trim its file systems`,
      { field: 'immediate' },
    )
  if (!running && !deps.store(volume.pool).compact)
    throw new AppError(
      'unsupported',
      `the disks of storage pool '${volume.pool}' always take their full size; directory, NFS and Ceph pools can shrink them`,
    )
  return { volume, running }
}

function compactEffect(deps: GuestDeps, id: string, index: number): Effect {
  const volume = () => readVolume(deps.zone, diskOf(readGuest(deps.zone, id), index).volume)
  return storeEffect(
    `write disk ${index} anew without what is empty`,
    () => deps.store(volume().pool),
    (commands) => {
      const { name, parent } = volume()
      return commands.compact(name, parent === null ? null : readVolume(deps.zone, parent).name)
    },
  )
}

const shrink = (deps: GuestDeps): Step<ShrinkParams> => ({
  name: 'shrink',
  describe: ({ id, index, immediate }) => [
    immediate
      ? {
          effect: 'let the guest trim its file systems',
          commands: deps.hypervisor.commands.trim(id),
          ...touching(deps, id, 'it is busy while it trims'),
        }
      : compactEffect(deps, id, index),
  ],
  async run({ params, progress, signal }) {
    const { volume, running } = await checkShrink(deps, params)
    if (running) return deps.hypervisor.agent.trim(params.id)
    await deps.store(volume.pool).compact?.(volume.name, progress, signal)
  },
})
