import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { CommitInfo } from '../../zone/zone.ts'
import type { GuestDeps } from '../guests/deps.ts'
import type { Snapshot, Volume } from '../guests/guest.ts'
import { quarantineAll } from '../guests/quarantine.ts'
import { childrenOf, readGuest, readVolume, remove, update } from '../guests/record.ts'
import { filePath } from '../guests/spec.ts'

interface Merge {
  deps: GuestDeps
  guest: string
  info: CommitInfo
  progress(percent: number): void
  signal: AbortSignal
}

/**
 * Clears away the layers whose snapshot is gone. What others stand on stays hidden: several children, nothing can be
 * done yet; one child, the two become one; none, it goes to quarantine. Content that a snapshot or the guest sees never
 * changes, so every part can be repeated.
 */
export async function mergeHidden(merge: Merge): Promise<void> {
  for (;;) {
    const layer = hiddenLayers(merge).find((candidate) => children(merge, candidate).length < 2)
    if (!layer) return
    const [child] = children(merge, layer)
    if (!child) await discard(merge, layer)
    else await mergeInto(merge, layer, child)
  }
}

const hiddenLayers = ({ deps, guest }: Merge): Volume[] =>
  deps.zone.db
    .select()
    .from(schema.volume)
    .where(
      and(eq(schema.volume.owner, guest), eq(schema.volume.hidden, true), eq(schema.volume.state, 'ready')),
    )
    .all()

const children = ({ deps }: Merge, layer: Volume) =>
  childrenOf(deps.zone, [layer.id]).filter((child) => child.state !== 'quarantined')

async function discard({ deps, info }: Merge, layer: Volume): Promise<void> {
  await deps.zone.commit(info, [update('volume', layer, { hidden: false })])
  await quarantineAll(deps, info, [layer.id])
}

/**
 * Which of the two takes the other's content depends on who has the files open:
 *
 * | instance | child is        | how                                   | what stays |
 * |----------|-----------------|---------------------------------------|------------|
 * | stopped  | any             | the child is rebased onto the parent  | child      |
 * | running  | active layer    | QEMU pulls the layer into the child   | child      |
 * | running  | inside the chain| QEMU commits the child into the layer | layer      |
 * | running  | not in the chain| as stopped                            | child      |
 */
async function mergeInto(merge: Merge, layer: Volume, child: Volume): Promise<void> {
  const { deps, guest } = merge
  const chains = deps.live.running(guest) ? await deps.hypervisor.snapshots.chains(guest) : []
  const childPath = filePath(deps, child.id)
  const layerPath = filePath(deps, layer.id)
  const chain = chains.find(
    (candidate) => candidate.files.includes(childPath) || candidate.files.includes(layerPath),
  )
  const position = chain?.files.indexOf(childPath) ?? -1
  if (chain && position === 0) {
    const base = layer.parent ? filePath(deps, layer.parent) : null
    await deps.hypervisor.snapshots.pull(guest, chain.target, base, merge.progress)
    return keepChild(merge, layer, child)
  }
  // Where a crash came after QEMU's commit, the chain has the layer but the child no more.
  if (chain) {
    await deps.hypervisor.snapshots.commit(
      guest,
      chain.target,
      { topPath: childPath, basePath: layerPath },
      merge.progress,
    )
    return keepLayer(merge, layer, child)
  }
  const parent = layer.parent ? readVolume(deps.zone, layer.parent).name : null
  await deps.store(child.pool).rebase(child.name, parent, merge.progress, merge.signal)
  return keepChild(merge, layer, child)
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
  const chains = await deps.hypervisor.snapshots.chains(guest)
  const open = new Set(chains.flatMap((chain) => chain.files))
  for (const grandchild of grandchildren)
    if (!active.has(grandchild.id) && !open.has(filePath(deps, grandchild.id)))
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

const snapshotsOn = ({ deps, guest }: Merge, volume: string): Snapshot[] =>
  deps.zone.db
    .select()
    .from(schema.snapshot)
    .where(eq(schema.snapshot.guest, guest))
    .all()
    .filter((row) => row.layers.some((layer) => layer.volume === volume))

const moved = (row: Snapshot, from: string, to: string) =>
  row.layers.map((layer) => (layer.volume === from ? { ...layer, volume: to } : layer))
