import type { StepContext } from '../../tasks/saga.ts'
import { bringCopy } from '../images/copies.ts'
import type { GuestDeps } from './deps.ts'
import type { Volume } from './guest.ts'
import { readVolume } from './record.ts'

/** What a fresh thin disk may take at once, with its first boot. */
const thinBytes = 256 << 20

/** Makes the disk that the row names: empty, or a thin clone of its parent grown to its size. Repeatable. */
export async function makeDisk(
  deps: Pick<GuestDeps, 'zone' | 'store' | 'ensureRoom' | 'now'>,
  disk: Omit<Volume, 'version'>,
  context: Pick<StepContext<unknown>, 'progress' | 'signal' | 'commit'>,
): Promise<void> {
  const store = deps.store(disk.pool)
  await deps.ensureRoom(disk.pool, thinBytes)
  if (disk.parent) {
    // A step before this one has brought it, but for a reset of the system.
    await bringCopy(deps, disk.parent, context)
    const parent = readVolume(deps.zone, disk.parent)
    await store.clone(disk.name, { parent: parent.name, sizeBytes: disk.sizeBytes })
  } else await store.create(disk.name, { sizeBytes: disk.sizeBytes, format: disk.format })
}
