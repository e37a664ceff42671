import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { CommitInfo } from '../../zone/zone.ts'
import type { GuestDeps } from '../guests/deps.ts'
import type { Snapshot, Volume } from '../guests/guest.ts'
import { quarantineAll } from '../guests/quarantine.ts'
import { childrenOf, readGuest, readVolume, remove, update } from '../guests/record.ts'
import { filePath } from '../guests/spec.ts'

interface OfGuest {
  deps: Pick<GuestDeps, 'zone'>
  guest: string
}

interface Merge extends OfGuest {
  deps: GuestDeps
  info: CommitInfo
  progress(percent: number): void
  signal: AbortSignal
}

/**
 * Clears away the layers whose snapshot is gone. What others stand on stays hidden: several children, nothing can be
 * done yet; one child, the two become one; none, it goes to quarantine. A child in quarantine counts, since it can be
 * brought back: it waits for the purge. Content that a snapshot or the guest sees never changes, so every part can be
 * repeated.
 */
export async function mergeHidden(merge: Merge): Promise<void> {
  for (;;) {
    const next = await nextMove(merge)
    if (!next) return
    await next()
  }
}

/**
 * Whether something can be cleared away now, as far as the record tells: a merge that is begun for nothing would keep
 * the guest from its owner.
 */
export function hasMergeable(deps: Pick<GuestDeps, 'zone' | 'store' | 'live'>, guest: string): boolean {
  const active = new Set(readGuest(deps.zone, guest).disks.map((disk) => disk.volume))
  return hiddenLayers(deps, guest).some((layer) => {
    const child = soleChild(deps, layer)
    if (child === undefined || child === null) return child === null
    if (!isLayered(deps, child)) return isTooDeep(deps, child)
    // Inside the chain of a running guest what stands on the child has to move.
    return !deps.live.running(guest) || active.has(child.id) || canMoveChildren({ deps, guest }, child)
  })
}

async function nextMove(merge: Merge): Promise<(() => Promise<void>) | undefined> {
  for (const layer of hiddenLayers(merge.deps, merge.guest)) {
    const child = soleChild(merge.deps, layer)
    if (child === undefined) continue
    if (child === null) return () => discard(merge, layer)
    if (!isLayered(merge.deps, child)) {
      if (isTooDeep(merge.deps, child)) return () => flatten(merge, child)
      continue
    }
    const place = await placeOf(merge, layer, child)
    if (place.kind === 'inside' && !canMoveChildren(merge, child)) continue
    return () => mergeInto(merge, { layer, child, place })
  }
  return undefined
}

const hiddenLayers = ({ zone }: Pick<GuestDeps, 'zone'>, guest: string): Volume[] =>
  zone.db
    .select()
    .from(schema.volume)
    .where(
      and(eq(schema.volume.owner, guest), eq(schema.volume.hidden, true), eq(schema.volume.state, 'ready')),
    )
    .all()

/** What stands on the child moves in one commit, and not what is in quarantine, whose file cannot be changed. */
function canMoveChildren(merge: OfGuest, child: Volume): boolean {
  const children = childrenOf(merge.deps.zone, [child.id])
  const rows = children.length + snapshotsOn(merge, child.id).length
  return rows <= mostMoved && !children.some(isQuarantined)
}

/** Of the forty rows of a commit. */
const mostMoved = 36

const isQuarantined = (volume: Volume) => volume.state === 'quarantined'

/** The one child to merge with; null where nothing stands on the layer, undefined where it has to wait. */
function soleChild({ zone }: Pick<GuestDeps, 'zone'>, layer: Volume): Volume | null | undefined {
  const children = childrenOf(zone, [layer.id])
  if (snapshotsInside({ zone }, layer.id).some((row) => isInside(row, layer.id))) return undefined
  const [only] = children
  if (only === undefined) return null
  return children.length === 1 && only.state === 'ready' ? only : undefined
}

/** Whether the pool's volumes are layers on one another, whose content can be moved up and down. */
const isLayered = ({ store }: Pick<GuestDeps, 'store'>, { pool }: Volume): boolean =>
  store(pool).capabilities.snapshots === 'layers'

/** So many volumes may stand on one another before the topmost is made to stand alone, at the cost of its being thin. */
const mostDepth = 4

function isTooDeep({ zone }: Pick<GuestDeps, 'zone'>, child: Volume): boolean {
  let depth = 0
  for (let volume = child; volume.parent !== null && depth <= mostDepth; depth++)
    volume = readVolume(zone, volume.parent)
  return depth > mostDepth
}

async function flatten({ deps, info, progress, signal }: Merge, child: Volume): Promise<void> {
  await deps.store(child.pool).rebase(child.name, null, progress, signal)
  await deps.zone.commit(info, [update('volume', child, { parent: null })])
}

async function discard({ deps, info }: Merge, layer: Volume): Promise<void> {
  await deps.zone.commit(info, [update('volume', layer, { hidden: false })])
  await quarantineAll(deps, info, [layer.id])
}

type Place = { kind: 'closed' } | { kind: 'active'; target: string } | { kind: 'inside'; target: string }

async function placeOf({ deps, guest }: Merge, layer: Volume, child: Volume): Promise<Place> {
  if (!deps.live.running(guest)) return { kind: 'closed' }
  const [childPath, layerPath] = [filePath(deps, child.id), filePath(deps, layer.id)]
  for (const { target, files } of await deps.hypervisor.snapshots.chains(guest)) {
    if (files[0] === childPath) return { kind: 'active', target }
    // Where a crash came after QEMU's commit, the chain has the layer but the child no more.
    if (files.includes(childPath) || files.includes(layerPath)) return { kind: 'inside', target }
  }
  return { kind: 'closed' }
}

/**
 * Which of the two takes the other's content depends on who has the files open:
 *
 * | instance | child is         | how                                   | what stays |
 * |----------|------------------|---------------------------------------|------------|
 * | stopped  | any              | the child is rebased onto the parent  | child      |
 * | running  | active layer     | QEMU pulls the layer into the child   | child      |
 * | running  | inside the chain | QEMU commits the child into the layer | layer      |
 * | running  | not in the chain | as stopped                            | child      |
 */
async function mergeInto(
  merge: Merge,
  { layer, child, place }: { layer: Volume; child: Volume; place: Place },
): Promise<void> {
  const { deps, guest, progress } = merge
  if (place.kind === 'inside') {
    const layers = { topPath: filePath(deps, child.id), basePath: filePath(deps, layer.id) }
    await deps.hypervisor.snapshots.commit(guest, place.target, layers, progress)
    return keepLayer(merge, layer, child)
  }
  if (place.kind === 'closed' && (await wasCommitted(merge, layer, child)))
    return keepLayer(merge, layer, child)
  const parent = layer.parent ? readVolume(deps.zone, layer.parent) : null
  if (place.kind === 'active') {
    const base = parent ? filePath(deps, parent.id) : null
    await deps.hypervisor.snapshots.pull(guest, place.target, base, progress)
  } else await deps.store(child.pool).rebase(child.name, parent?.name ?? null, progress, merge.signal)
  return keepChild(merge, layer, child)
}

/**
 * A crash came after QEMU had committed the child into the layer, and the instance has ended since: what stood on the
 * child stands on the layer already, so that the layer must stay.
 */
async function wasCommitted({ deps }: Merge, layer: Volume, child: Volume): Promise<boolean> {
  for (const grandchild of childrenOf(deps.zone, [child.id]).filter((row) => !isQuarantined(row)))
    if ((await deps.store(grandchild.pool).info(grandchild.name)).parent === layer.name) return true
  return false
}

/** The file goes first: after a crash the repeat finds an empty merge and comes here again. */
async function keepChild({ deps, info }: Merge, layer: Volume, child: Volume): Promise<void> {
  await deps.store(layer.pool).remove(layer.name)
  await deps.zone.commit(info, [
    update('volume', child, { parent: layer.parent }),
    remove('volume', layer.id, layer.version),
  ])
}

async function keepLayer(merge: Merge, layer: Volume, child: Volume): Promise<void> {
  const { deps, info, guest } = merge
  const grandchildren = childrenOf(deps.zone, [child.id])
  const active = new Set(readGuest(deps.zone, guest).disks.map((disk) => disk.volume))
  const running = deps.live.running(guest)
  const chains = running ? await deps.hypervisor.snapshots.chains(guest) : []
  const open = new Set(chains.flatMap((chain) => chain.files))
  for (const grandchild of grandchildren)
    if (!(running && active.has(grandchild.id)) && !open.has(filePath(deps, grandchild.id)))
      await deps.store(grandchild.pool).relink(grandchild.name, layer.name)
  await deps.store(child.pool).remove(child.name)
  await deps.zone.commit(info, [
    ...grandchildren.map((row) => update('volume', row, { parent: layer.id })),
    ...snapshotsOn(merge, child.id).map((row) =>
      update('snapshot', row, { layers: moved(row, child.id, layer.id) }),
    ),
    update('volume', layer, { hidden: child.hidden }),
    remove('volume', child.id, child.version),
  ])
}

const snapshotsOn = ({ deps }: OfGuest, volume: string): Snapshot[] => snapshotsInside(deps, volume)

/** The snapshots of the tree whose content the volume holds. */
export function snapshotsInside({ zone }: Pick<GuestDeps, 'zone'>, volume: string): Snapshot[] {
  const { owner } = readVolume(zone, volume)
  const rows = zone.db.select().from(schema.snapshot).where(eq(schema.snapshot.guest, owner)).all()
  return rows.filter((row) => row.layers.some((layer) => layer.volume === volume))
}

const isInside = (row: Snapshot, volume: string) =>
  row.layers.some((layer) => layer.volume === volume && layer.snapshot !== undefined)

const moved = (row: Snapshot, from: string, to: string) =>
  row.layers.map((layer) => (layer.volume === from ? { ...layer, volume: to } : layer))
