import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { OperationContext, Principal } from '../context.ts'
import { AppError } from '../errors.ts'
import { requireVersion } from '../expected-version.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { readVolume } from '../guests/record.ts'
import { mayAny, requirePermission, requireToMake } from '../identity/permissions.ts'
import { type Launched, launch } from '../launch.ts'
import { requireRoom } from '../ledger/room.ts'
import { inPages, type Listing, type Wanted } from '../paging.ts'
import { isOperator, shownError } from '../tasks/shown.ts'
import { type ImageBuildParams, imageBuild } from './build.ts'
import { type ImageDeleteParams, imageDelete } from './delete.ts'
import type { ImageDeps } from './deps.ts'
import {
  describeImage,
  type Image,
  type ImageFilter,
  type ImageKind,
  type ImageRequest,
  type ImageView,
} from './image.ts'
import { newImage, planBuild } from './plan.ts'
import { type IncomingBytes, Receiving, receiveImage, requireEmpty } from './receive.ts'
import {
  changeImage,
  checkOwnership,
  findImage,
  type ImagePage,
  insertImage,
  readImage,
  searchImages,
} from './record.ts'
import { checkImage } from './rules.ts'
import type { Uploads } from './uploads.ts'

export interface ImagesDeps extends ImageDeps {
  uploads: Uploads
  /** For images that are built from guests. */
  guests: GuestDeps
}

export interface ImageDownload {
  name: string
  sizeBytes: number
  /** Changes with the bytes. */
  tag: string
  open(range?: { start: number; end: number }): Promise<AsyncIterable<Uint8Array>>
}

export type Images = ReturnType<typeof createImages>

/** Most tasks on an image end within this time, and then their outcome is the answer. */
const settleMs = 30_000

/** Media and disk images; one service, since they differ only in what may be their content. Defines their tasks. */
export function createImages(deps: ImagesDeps) {
  const { zone } = deps
  const receiving = new Receiving()
  deps.tasks.define(imageDelete(deps))
  deps.guests.tasks.define(imageBuild(deps.guests))
  const view = (image: Image): ImageView => ({
    ...image,
    created: image.state === 'ready',
    progress: progressOf(deps, receiving, image),
    ...openUploadOf(deps, image),
  })
  return {
    /** By name; only what the caller may see. All that match, or the part that is asked for; read page by page. */
    list(op: OperationContext, { limit, offset, ...filter }: ImageFilter & Wanted): Listing<ImageView> {
      if (!mayAny(op.who, 'image.read')) requirePermission(op, 'image.read')
      return inPages<ImageView, ImagePage['after']>(
        { limit, offset },
        {
          read: (page) => {
            const { items, total } = searchImages(zone.db, op.who, filter, page)
            return { items: items.map(view), total }
          },
          keyOf: ({ name, group }) => ({ name, group }),
        },
      )
    },

    /** Throws `not_found`; for an image whose building failed the message says why. */
    get(op: OperationContext, kind: ImageKind, id: string): ImageView {
      const image = findImage(zone.db, id)
      if (image?.kind !== kind) throw missing(deps, op.who, { kind, id })
      requirePermission(op, 'image.read', image)
      return view(image)
    },

    /** An empty record; its bytes are uploaded afterwards. */
    async create(
      op: OperationContext,
      kind: ImageKind,
      request: ImageRequest,
    ): Promise<ChangePlan & { id: string }> {
      requireToMake(op, 'image.write', request)
      const row = newImage(deps, kind, request, 'empty')
      const plan = await commitPlanned(zone, op, {
        action: `image.create ${row.name}`,
        effect: `record the empty ${describeImage(row)}`,
        changes: [insertImage(row)],
      })
      return { ...plan, id: row.id }
    },

    /** What is left out stays. */
    async modify(
      op: OperationContext,
      target: { kind: ImageKind; id: string },
      request: Partial<ImageRequest>,
    ): Promise<ChangePlan> {
      const image = readImage(zone.db, target.id, target.kind)
      requirePermission(op, 'image.write', image)
      requireVersion(image, op)
      checkImage(request)
      const after = { owner: request.owner ?? image.owner, group: request.group ?? image.group }
      if (request.owner !== undefined || request.group !== undefined) {
        requirePermission(op, 'image.write', { ...after, kind: image.kind })
        checkOwnership(zone.db, after)
      }
      const { name = image.name, description = image.description, tags = image.tags } = request
      return commitPlanned(zone, op, {
        action: `image.modify ${image.name}`,
        effect: `change the record of ${describeImage(image)}`,
        changes: [changeImage(image, { ...after, name, description, tags, modifiedAt: deps.now() })],
      })
    },

    /** Refused, with their names, while guests need it. */
    delete(op: OperationContext, kind: ImageKind, id: string): Promise<Launched> {
      const { name } = writable(deps, op, kind, id)
      return launch<ImageDeleteParams>(op, deps.tasks, {
        kind: 'image.delete',
        subject: `image:${id}`,
        params: { id, kind, name },
        locks: { exclusive: [`image:${id}`] },
        settleMs,
      })
    },

    /** Answers while the copying goes on; the guest's other changes wait for its end. */
    async build(
      op: OperationContext,
      guest: string,
      request: ImageRequest,
    ): Promise<Launched & { id: string }> {
      requireToMake(op, 'image.write', request)
      const params = await planBuild(deps.guests, op, guest, request)
      const launched = await launch<ImageBuildParams>(op, deps.guests.tasks, {
        kind: 'image.build',
        subject: `image:${params.image.id}`,
        params,
        locks: { exclusive: [`image:${params.image.id}`, `guest:${guest}`] },
        settleMs: 0,
      })
      return { ...launched, id: params.image.id }
    },

    /** The whole content from one request. A dry run reads none of it. */
    async upload(
      op: OperationContext,
      target: { kind: ImageKind; id: string },
      bytes: IncomingBytes,
    ): Promise<ChangePlan> {
      const image = writable(deps, op, target.kind, target.id)
      requireEmpty(deps, image)
      if (op.dryRun) await requireRoom(deps, deps.imagePool(), bytes.declaredBytes ?? 0)
      else await receiveImage(deps, receiving, op, { image, bytes })
      const size = bytes.declaredBytes === null ? 'the bytes' : `${bytes.declaredBytes} bytes`
      return {
        effects: [{ effect: `write ${size} of ${describeImage(image)} to pool '${deps.imagePool()}'` }],
      }
    },

    /** The stored bytes as they are. */
    async download(op: OperationContext, kind: ImageKind, id: string): Promise<ImageDownload> {
      const image = readImage(zone.db, id, kind)
      requirePermission(op, 'image.read', image)
      if (!image.volume) throw new AppError('conflict', `${describeImage(image)} has no content yet`)
      const volume = readVolume(zone, image.volume)
      const store = deps.store(volume.pool)
      return {
        name: image.name + (kind === 'media' ? '.iso' : `.${volume.format}`),
        sizeBytes: image.sizeBytes,
        tag: image.sha256 ?? `${volume.id}`,
        open: async (range) => (await store.read(volume.name, range)).stream,
      }
    },
  }
}

function writable(deps: ImageDeps, op: OperationContext, kind: ImageKind, id: string): Image {
  const image = readImage(deps.zone.db, id, kind)
  requirePermission(op, 'image.write', image)
  requireVersion(image, op)
  return image
}

/** Who asked for it to be built learns why it is not there. */
function missing(deps: ImageDeps, who: Principal, { kind, id }: { kind: ImageKind; id: string }): AppError {
  const [task] = deps.tasks.list({ subject: `image:${id}`, kind: 'image.build', limit: 1 }).tasks
  const error = task && (task.who === who.name || isOperator(who)) ? shownError(who, task) : null
  const why = error ? `: building it failed: ${error.message}` : ''
  return new AppError('not_found', `there is no ${kind} image '${id}'${why}`, {
    details: { noun: 'image', key: id, ...(task && error ? { task: task.id } : {}) },
  })
}

function openUploadOf({ uploads }: ImagesDeps, image: Image): { upload?: string } {
  const id = image.state === 'empty' ? uploads.openFor(image.id) : undefined
  return id === undefined ? {} : { upload: id }
}

function progressOf(deps: ImagesDeps, receiving: Receiving, image: Image): number {
  if (image.state === 'ready') return 100
  if (image.state === 'empty') return receiving.percent(image.id) ?? deps.uploads.percent(image.id) ?? 0
  const { tasks } = deps.tasks.list({ subject: `image:${image.id}`, live: true, limit: 1 })
  return tasks[0]?.progress ?? 0
}
