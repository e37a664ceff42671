// Snapshots that the pool keeps inside the disks themselves: the guest goes on writing to the same volumes.

import { AppError } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { isRunning } from '../guests/live.ts'
import { readVolume } from '../guests/record.ts'
import { filePath } from '../guests/spec.ts'
import type { NativeSnapshots } from '../volumes.ts'

export interface NativeDisk {
  index: number
  /** Id of the volume, before and after. */
  volume: string
  sizeBytes: number
  /** Name of the snapshot inside it. */
  snapshot: string
}

interface NativeRequest {
  guest: string
  guestName: string
  natives: readonly NativeDisk[]
  running: boolean
  consistency: 'crash' | 'filesystem'
  memory: { id: string; pool: string; name: string } | null
}

/** What the pool of a volume offers; throws for one without. */
export function nativeOf(
  deps: Pick<GuestDeps, 'zone' | 'store'>,
  volumeId: string,
): { name: string; native: NativeSnapshots } {
  const { pool, name } = readVolume(deps.zone, volumeId)
  const native = deps.store(pool).snapshots
  if (!native)
    throw new AppError('unsupported', `storage pool '${pool}' keeps no snapshots inside its volumes`)
  return { name, native }
}

/**
 * All disks at one moment: the instance is held still, after its file systems were frozen where that is wanted, until the
 * last disk has its snapshot. A repeat begins anew, since what a cut one took may be of another moment.
 */
export async function takeNative(
  deps: GuestDeps,
  request: NativeRequest,
  signal: AbortSignal,
): Promise<void> {
  await dropNative(deps, request.natives, signal)
  if (!request.running) return snapAll(deps, request.natives)
  if (!isRunning(await deps.live.look(request.guest)))
    throw new AppError('conflict', `guest '${request.guestName}' has stopped meanwhile; try again`)
  try {
    if (freezes(request)) await deps.hypervisor.agent.freeze(request.guest)
    await deps.hypervisor.pause(request.guest)
    if (request.memory) await saveMemory(deps, request.guest, request.memory)
    await snapAll(deps, request.natives)
  } finally {
    await letGo(deps, request)
  }
}

/** Memory that was saved of a frozen guest would bring back a frozen one, and holds what the disks lack anyway. */
const freezes = ({ consistency, memory }: NativeRequest): boolean =>
  consistency === 'filesystem' && memory === null

async function saveMemory(deps: GuestDeps, guest: string, memory: NonNullable<NativeRequest['memory']>) {
  await deps.store(memory.pool).remove(memory.name)
  await deps.hypervisor.snapshots.saveMemory(guest, filePath(deps, memory.id))
}

async function snapAll(deps: GuestDeps, natives: readonly NativeDisk[]): Promise<void> {
  // One after the other would hold the guest still for longer.
  await Promise.all(
    natives.map(({ volume, snapshot }) => {
      const { name, native } = nativeOf(deps, volume)
      return native.create(name, snapshot)
    }),
  )
}

/** An instance that ended while it was held still has nothing to go on with. */
async function letGo(deps: GuestDeps, request: NativeRequest): Promise<void> {
  const { guest } = request
  if (!isRunning(await deps.live.look(guest))) return
  await deps.hypervisor.resume(guest)
  if (freezes(request)) await deps.hypervisor.agent.thaw(guest)
}

/** Takes everything back, and lets an instance go on that a crash left held still. */
export async function undoNative(
  deps: GuestDeps,
  request: NativeRequest,
  signal: AbortSignal,
): Promise<void> {
  if (request.running) await letGo(deps, request).catch(ignoreDeadAgent)
  await dropNative(deps, request.natives, signal)
  if (request.memory) await deps.store(request.memory.pool).remove(request.memory.name)
}

// The guest may be without an agent by now, and then nothing of it is frozen.
function ignoreDeadAgent(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'unavailable')) throw error
}

/** Removes snapshots inside volumes; what was cloned from them keeps its content. Repeatable. */
export async function dropNative(
  deps: Pick<GuestDeps, 'zone' | 'store'>,
  natives: readonly Pick<NativeDisk, 'volume' | 'snapshot'>[],
  signal: AbortSignal,
): Promise<void> {
  for (const { volume, snapshot } of natives) {
    const { name, native } = nativeOf(deps, volume)
    await native.remove(name, snapshot, () => undefined, signal)
  }
}
