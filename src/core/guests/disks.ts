import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { OperationContext } from '../context.ts'
import { requirePermission } from '../identity/permissions.ts'
import type { GuestDeps } from './deps.ts'
import type { GuestDisk, Volume } from './guest.ts'
import { findVolume, readGuest, readVolume } from './record.ts'

export interface DiskView {
  /** 0 is the system disk. */
  index: number
  sizeBytes: number
  /** What it takes on its pool with all its layers, without the image below; null where the pool does not tell now. */
  usedBytes: number | null
  pool: string
  /** Name of its volume, of the top layer. */
  volume: string
  format: 'qcow2' | 'raw'
  /** How many volumes it is made of: one, and one more for each snapshot below. */
  layers: number
  /** The disk image that it was cloned from and stands on. */
  image: { id: string; name: string } | null
  /** Whether it can grow while the guest runs. */
  onlineResize: boolean
  /** Whether what is free in it can be given back to the pool. */
  compactable: boolean
}

/** Where the disks of a guest lie and what they take there. Throws `not_found`. */
export async function guestDisks(
  deps: Pick<GuestDeps, 'zone' | 'store'>,
  op: OperationContext,
  id: string,
): Promise<DiskView[]> {
  const guest = readGuest(deps.zone, id)
  requirePermission(op, 'guest.read', guest)
  return Promise.all(guest.disks.map((disk) => viewOf(deps, disk)))
}

async function viewOf(deps: Pick<GuestDeps, 'zone' | 'store'>, disk: GuestDisk): Promise<DiskView> {
  const top = readVolume(deps.zone, disk.volume)
  const { layers, image } = chainOf(deps, top)
  const store = deps.store(top.pool)
  const used = Promise.all(layers.map(async ({ name }) => (await store.info(name)).allocatedBytes))
  return {
    index: disk.index,
    sizeBytes: disk.sizeBytes,
    usedBytes: await used.then(
      (all) => all.reduce((sum, bytes) => sum + bytes, 0),
      () => null,
    ),
    pool: top.pool,
    volume: top.name,
    format: top.format,
    layers: layers.length,
    image: image ? imageOf(deps, image) : null,
    onlineResize: store.capabilities.onlineResize,
    compactable: store.compact !== undefined,
  }
}

/** The disk's own volumes from the top down, and the image's that they stand on. */
function chainOf({ zone }: Pick<GuestDeps, 'zone'>, top: Volume): { layers: Volume[]; image?: Volume } {
  const layers: Volume[] = []
  for (let at: Volume | undefined = top; at; at = at.parent ? findVolume(zone, at.parent) : undefined) {
    if (at.ownerKind === 'image') return { layers, image: at }
    layers.push(at)
  }
  return { layers }
}

function imageOf({ zone }: Pick<GuestDeps, 'zone'>, volume: Volume): DiskView['image'] {
  const row = zone.db.select().from(schema.image).where(eq(schema.image.id, volume.owner)).get()
  return { id: volume.owner, name: row?.name ?? '' }
}
