import { randomUUID } from 'node:crypto'
import type { OperationContext } from '../context.ts'
import { AppError } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { isRunning } from '../guests/live.ts'
import { readReadyGuest, readVolume } from '../guests/record.ts'
import { requirePermission } from '../identity/permissions.ts'
import type { NewVolume } from '../ledger/volume.ts'
import type { ImageBuildParams } from './build.ts'
import type { ImageDeps } from './deps.ts'
import type { Image, ImageKind, ImageRequest, NewImage } from './image.ts'
import { checkOwnership } from './record.ts'
import { checkImage } from './rules.ts'

/** Throws for what cannot be an image; the name's being free is checked by the commit. */
export function newImage(
  deps: Pick<ImageDeps, 'zone' | 'now'>,
  kind: ImageKind,
  request: ImageRequest,
  state: Image['state'],
): NewImage {
  checkImage(request)
  checkOwnership(deps.zone.db, request)
  const { name, owner, group, description, tags } = request
  const now = deps.now()
  return {
    ...{ id: randomUUID(), kind, name, owner, group, description, tags, state },
    ...{ volume: null, format: null, sizeBytes: 0, virtualSizeBytes: 0, sha256: null },
    ...{ createdAt: now, modifiedAt: now },
  }
}

/** Chooses everything that a repeat must choose the same. */
export async function planBuild(
  deps: GuestDeps,
  op: OperationContext,
  guestId: string,
  request: ImageRequest,
): Promise<ImageBuildParams> {
  const image = newImage(deps, 'disk', request, 'building')
  const guest = readReadyGuest(deps.zone, guestId)
  // The image holds everything that the guest's disk does.
  requirePermission(op, 'guest.write', guest)
  const disk = guest.disks[0]
  if (!disk) throw new AppError('conflict', `guest '${guest.name}' has no system disk`)
  const source = readVolume(deps.zone, disk.volume)
  const common = { createdAt: deps.now(), sizeBytes: disk.sizeBytes }
  const { capabilities } = deps.store(source.pool)
  const pool = capabilities.files ? source.pool : deps.imagePool()
  const running = isRunning(await deps.live.look(guest.id))
  if (running && capabilities.snapshots === 'none')
    throw new AppError(
      'unsupported',
      `the disks of storage pool '${source.pool}' hold no still while guest '${guest.name}' runs, as those of 'dir', 'nfs' and 'ceph' pools do: stop it first`,
    )
  const layered = capabilities.snapshots === 'layers'
  return {
    image,
    volume: newVolume({ ...common, pool, kind: 'image', ownerKind: 'image', owner: image.id, parent: null }),
    guest: guest.id,
    guestName: `${guest.group}.${guest.name}`,
    source: source.id,
    overlay:
      running && layered
        ? newVolume({
            ...{ ...common, pool: source.pool, kind: 'disk' },
            ...{ ownerKind: 'guest', owner: guest.id, parent: source.id },
          })
        : null,
    snapshot: running && !layered ? `build-${image.id}` : null,
  }
}

function newVolume(
  values: Pick<NewVolume, 'pool' | 'kind' | 'ownerKind' | 'owner' | 'parent' | 'sizeBytes' | 'createdAt'>,
): NewVolume {
  const id = randomUUID()
  const name = `${values.kind}-${id}.qcow2`
  return { id, name, ...values, format: 'qcow2', state: 'creating', hidden: false, quarantinedAt: null }
}
