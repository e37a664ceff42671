import * as v from 'valibot'
import { AppError } from '../../core/errors.ts'
import { partialSuffix } from '../../core/volume-names.ts'
import type { StoredVolume, StoreUsage } from '../../core/volumes.ts'
import { diskUsage, info, infoById, notedUsage, type RbdPool, type Trashed, trash } from './images.ts'

const dfSchema = v.object({
  pools: v.array(
    v.object({ name: v.string(), stats: v.object({ stored: v.number(), max_avail: v.number() }) }),
  ),
})

/** What the pool holds and can still take, replicas counted out. Throws where no manager tells it. */
export async function poolUsage({ cluster, pool }: RbdPool): Promise<Omit<StoreUsage, 'quarantinedBytes'>> {
  const text = await cluster.call('ceph', ['df', '--format', 'json'])
  const found = v.parse(dfSchema, JSON.parse(text)).pools.find(({ name }) => name === pool)
  const { stored, max_avail: freeBytes } = found?.stats ?? { stored: 0, max_avail: 0 }
  if (stored + freeBytes === 0)
    throw new AppError(
      'unavailable',
      `the Ceph cluster tells no figures of pool '${pool}' yet: is its manager (ceph-mgr) up?`,
    )
  return { totalBytes: stored + freeBytes, freeBytes }
}

/** An image in the trash changes no more, so that it is asked only once. */
export type TrashFigures = Map<string, { sizeBytes: number; allocatedBytes: number }>

export async function volumesOf(at: RbdPool, known: TrashFigures): Promise<StoredVolume[]> {
  const images = await Promise.all(
    (await diskUsage(at)).map(async (figures) => {
      const partial = figures.name.endsWith(partialSuffix)
      // Only of what is half made does anybody ask how old it is.
      const modifiedAt = partial ? ((await info(at, figures.name))?.createdAt ?? 0) : 0
      return { ...figures, modifiedAt, quarantined: false, partial }
    }),
  )
  return [...images, ...(await trashedVolumes(at, known))]
}

export async function trashedVolumes(at: RbdPool, known: TrashFigures): Promise<StoredVolume[]> {
  const found = await trash(at)
  for (const id of [...known.keys()]) if (!found.some((one) => one.id === id)) known.delete(id)
  const volumes: StoredVolume[] = []
  for (const one of found) volumes.push(await trashedVolume(at, one, known))
  return volumes
}

async function trashedVolume(at: RbdPool, { id, name, deletedAt }: Trashed, known: TrashFigures) {
  let figures = known.get(id)
  if (!figures) {
    const { sizeBytes } = await infoById(at, id)
    figures = { sizeBytes, allocatedBytes: await notedUsage(at, id) }
    known.set(id, figures)
  }
  return { name, ...figures, modifiedAt: deletedAt, quarantined: true, partial: false }
}
