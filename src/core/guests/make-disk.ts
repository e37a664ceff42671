import type { StepContext } from '../../tasks/saga.ts'
import { bringCopy } from '../images/copies.ts'
import type { GuestDeps } from './deps.ts'
import type { Volume } from './guest.ts'
import { readVolume, update } from './record.ts'

/** What a fresh thin disk may take at once, with its first boot. */
export const thinBytes = 256 << 20

/**
 * Makes the disk that the row names: empty, or a thin clone of its parent grown to its size; a full copy of that where the
 * pool has no thin clones. Repeatable.
 */
export async function makeDisk(
  deps: Pick<GuestDeps, 'zone' | 'store' | 'ensureRoom' | 'now'>,
  disk: Omit<Volume, 'version'>,
  context: Pick<StepContext<unknown>, 'progress' | 'signal' | 'commit'>,
): Promise<void> {
  const store = deps.store(disk.pool)
  const { thinClone } = store.capabilities
  await deps.ensureRoom(disk.pool, thinClone ? thinBytes : disk.sizeBytes)
  if (disk.parent && !thinClone) return copyImage(deps, { ...disk, parent: disk.parent }, context)
  if (disk.parent) {
    // A step before this one has brought it, but for a reset of the system.
    await bringCopy(deps, disk.parent, context)
    const parent = readVolume(deps.zone, disk.parent)
    await store.clone(disk.name, { parent: parent.name, sizeBytes: disk.sizeBytes })
  } else await store.create(disk.name, { sizeBytes: disk.sizeBytes, format: disk.format })
}

type Copied = Omit<Volume, 'version' | 'parent'> & { parent: string }

/** Where no volume can stand on another: the image as a whole. The record then says that it stands alone. */
async function copyImage(
  deps: Pick<GuestDeps, 'zone' | 'store'>,
  { id, pool, name, format, sizeBytes, parent }: Copied,
  { progress, signal, commit }: Pick<StepContext<unknown>, 'progress' | 'signal' | 'commit'>,
): Promise<void> {
  const image = readVolume(deps.zone, parent)
  const source = await deps.store(image.pool).location(image.name)
  await deps.store(pool).copy(name, { source, format, sizeBytes }, progress, signal)
  const row = readVolume(deps.zone, id)
  if (row.parent !== null)
    await deps.zone.commit({ ...commit, action: `image.copy ${pool}/${name}` }, [
      update('volume', row, { parent: null }),
    ])
}
