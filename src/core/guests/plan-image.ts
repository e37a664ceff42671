import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import { imageOn } from '../images/copies.ts'
import type { NewVolume } from '../ledger/volume.ts'
import type { GuestDeps } from './deps.ts'

type Image = typeof schema.image.$inferSelect

interface Wanted {
  /** Id of the disk image. */
  image: string
  /** Size of the system disk, bytes. */
  systemBytes: number
  /** Storage pool on which the clone will lie. */
  storage: string
}

/**
 * The image that a system disk is cloned from, and its volume on the guest's pool; `claim` is the row of that where the
 * image has to be brought there first. Throws naming `from_image` or `disks[0]`. */
export function checkImage(
  deps: Pick<GuestDeps, 'zone' | 'store' | 'now'>,
  op: OperationContext,
  { image: id, systemBytes, storage }: Wanted,
): { image: Image; parent: string; claim: NewVolume | null } {
  const field = 'from_image'
  const image = deps.zone.db.select().from(schema.image).where(eq(schema.image.id, id)).get()
  if (image?.kind !== 'disk') throw new AppError('not_found', `there is no disk image '${id}'`, { field })
  requirePermission(op, 'image.read', image)
  if (image.state !== 'ready' || !image.volume)
    throw new AppError('conflict', `disk image '${image.name}' has no content yet; upload it first`, {
      field,
    })
  if (image.virtualSizeBytes > systemBytes)
    throw invalid(
      'disks[0]',
      `disks[0] is ${systemBytes} bytes, but image '${image.name}' needs at least ${image.virtualSizeBytes}`,
    )
  return { image, ...imageOn(deps, image, storage) }
}
