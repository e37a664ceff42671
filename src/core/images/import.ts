import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Saga, Step, StepContext } from '../../tasks/saga.ts'
import type { Database } from '../../zone/zone.ts'
import { type OperationContext, systemPrincipal } from '../context.ts'
import { AppError } from '../errors.ts'
import { findVolume } from '../ledger/record.ts'
import { claimVolume } from '../ledger/volume.ts'
import type { ImageDeps } from './deps.ts'
import type { ImageKind, NewImage } from './image.ts'
import type { ImportFolder } from './import-folder.ts'
import { acceptImage, releaseUpload, uploadNameOf } from './receive.ts'
import { checkOwnership, findImage, insertImage, removeImage } from './record.ts'

/** A file, and the image that is made of it; chosen before the first effect. */
export interface ImportItem {
  file: string
  sizeBytes: number
  /** Why it is not taken; then there is no image. */
  refused?: string
  image?: NewImage
  /** Id of the volume row of its bytes. */
  volume?: string
}

export interface ImageImportParams {
  kind: ImageKind
  owner: string
  group: string
  items: ImportItem[]
}

/** `present`: the group has an image of that name, whose bytes are left as they are. */
export interface ImportedFile {
  file: string
  state: 'waiting' | 'imported' | 'present' | 'refused' | 'failed'
  /** Of the image, as far as there is one. */
  id?: string
  name?: string
  error?: string
}

export interface ImportDeps extends ImageDeps {
  folder: ImportFolder
}

type Context = StepContext<ImageImportParams>
type Signed = Pick<OperationContext, 'who' | 'requestId'>
interface Taken {
  file: string
  image: NewImage
  volume: string
}

/** Makes images of files that lie ready. What fails for one file keeps none of the others from it. */
export const imageImport = (deps: ImportDeps): Saga<ImageImportParams> => ({
  kind: 'image.import',
  title: ({ kind, items }) => `Import ${items.length} ${kind} image files`,
  check: (params) => checkOwnership(deps.zone.db, params),
  steps: [begin(deps), files(deps)],
  result: (_params, outputs) => outputs['files'],
})

const begin = (deps: ImportDeps): Step<ImageImportParams> => ({
  name: 'begin',
  describe: () => [],
  run: async ({ params }) => checkOwnership(deps.zone.db, params),
})

const files = (deps: ImportDeps): Step<ImageImportParams> => ({
  name: 'files',
  // Images that are made already stay; those who asked may be using them.
  irreversible: true,
  describe: ({ items }) =>
    items.map(({ file, image, refused }) => ({
      effect: image
        ? `make the ${image.kind} image '${image.name}' of '${file}'`
        : `leave '${file}': ${refused}`,
    })),
  async run(context) {
    const { items } = context.params
    const done: ImportedFile[] = []
    for (const item of items) {
      context.signal.throwIfAborted()
      done.push(await one(deps, context, item))
      context.progress((done.length / items.length) * 100)
    }
    return done
  },
})

async function one(deps: ImportDeps, context: Context, item: ImportItem): Promise<ImportedFile> {
  const { file, refused, image, volume } = item
  if (!image || !volume) return { file, state: 'refused', error: refused }
  const { id, name } = image
  const taken = { file, image, volume }
  try {
    if (findImage(deps.zone.db, id)?.state === 'ready') return { file, state: 'imported', id, name }
    await discard(deps, context, taken)
    const present = imageNamed(deps.zone.db, image)
    if (present) return { file, state: 'present', id: present.id, name }
    await take(deps, context, taken)
    return { file, state: 'imported', id, name }
  } catch (error) {
    context.signal.throwIfAborted()
    await discard(deps, context, taken)
    context.log.warn({ err: error, file }, 'a file could not be imported')
    const reason = error instanceof AppError ? error.message : 'internal error; the log tells more'
    return { file, state: 'failed', name, error: reason }
  }
}

/** The image of the same kind that has the name in the group already. */
function imageNamed(db: Database, { kind, group, name }: NewImage) {
  const { image } = schema
  const same = and(eq(image.kind, kind), eq(image.group, group), eq(image.name, name))
  return db.select().from(image).where(same).get()
}

const signed = ({ who, requestId }: Context): Signed => ({
  who: { ...systemPrincipal, name: who },
  requestId,
})

async function take(deps: ImportDeps, context: Context, taken: Taken): Promise<void> {
  const { zone } = deps
  const pool = deps.imagePool()
  const { stream, sizeBytes } = await deps.folder.read(taken.image.kind, taken.file)
  await deps.ensureRoom(pool, sizeBytes)
  await zone.commit({ ...context.commit, action: `image.import ${taken.image.name}` }, [
    insertImage(taken.image),
    claimOf(taken, pool),
  ])
  const volume = findVolume(zone.db, taken.volume)
  const image = findImage(zone.db, taken.image.id)
  if (!volume || !image) throw new AppError('conflict', 'the image was deleted meanwhile')
  const target = await deps.store(pool).openUpload(uploadNameOf(volume), sizeBytes)
  try {
    for await (const chunk of stream) {
      context.signal.throwIfAborted()
      await target.write(chunk)
    }
    await acceptImage(deps, signed(context), { image, volume, target })
  } catch (error) {
    await target.abort()
    throw error
  }
}

const claimOf = ({ image, volume }: Taken, pool: string) =>
  claimVolume({
    ...{ id: volume, pool, ownerKind: 'image', owner: image.id, format: 'raw', sizeBytes: 0 },
    ...(image.kind === 'media'
      ? { kind: 'media', name: `media-${volume}.iso` }
      : { kind: 'image', name: `image-${volume}.raw` }),
    createdAt: image.createdAt,
  })

/** What a crash, or a failure, left of this file's image. */
async function discard(deps: ImportDeps, context: Context, { image, volume }: Taken): Promise<void> {
  const claimed = findVolume(deps.zone.db, volume)
  if (claimed) await releaseUpload(deps, signed(context), claimed)
  const made = findImage(deps.zone.db, image.id)
  if (!made || made.state === 'ready') return
  const info = { ...context.commit, action: `image.import ${made.name} undone` }
  await deps.zone.commit(info, [removeImage(made)])
}
