import { Readable } from 'node:stream'
import * as v from 'valibot'
import type { OperationContext } from '../../core/context.ts'
import type { ImageKind, ImageView } from '../../core/images/image.ts'
import type { ImageDownload, Images } from '../../core/images/images.ts'
import { type Operation, type OperationReply, operation } from '../operation.ts'
import { attachment, parseRange } from '../range.ts'
import { uploadBody } from '../upload-body.ts'
import { changed, etag } from './changed.ts'
import { timeText } from './guest-wire.ts'
import { text, texts } from './identity-schemas.ts'
import { launched } from './launched.ts'
import { listed, partQuery } from './listed.ts'

export interface ImageServices {
  images: Images
}

export const imageParams = v.object({ id: text('Id of the image.') })

/** What a creation takes; `null` for what is empty is what some clients send. */
export const imageBody = v.object({
  name: text('Name, unique among the images of its kind in the group.'),
  owner: text('Name of the user that it belongs to.'),
  group: text('Name of the group that it belongs to.'),
  description: v.optional(v.nullable(text('For people.')), ''),
  tags: v.optional(v.nullable(texts('Words to find it by.')), []),
})

// Clients send every field and leave empty what shall stay; a description alone can be emptied.
const keep = (description: string) =>
  v.optional(
    v.pipe(
      v.nullable(text(description)),
      v.transform((value) => value || undefined),
    ),
  )

const modifyBody = v.object({
  name: keep('New name.'),
  owner: keep('New owner.'),
  group: keep('New group.'),
  description: v.optional(text('New description; empty for none.')),
  tags: v.optional(v.nullable(texts('New tags, in place of the old ones.'))),
})

const searchQuery = v.object({
  ...partQuery,
  group: v.optional(text('Only of this group.')),
  owner: v.optional(text('Only of this user.')),
  tags: v.optional(
    v.pipe(
      v.union([v.string(), v.array(v.string())], 'must be a tag, or several by repeating it'),
      v.transform((value) => (Array.isArray(value) ? value : [value])),
      v.description('Only with one of these tags: `tags=a&tags=b`.'),
    ),
  ),
})

const imageReply = v.pipe(
  v.object({
    id: v.string(),
    name: v.string(),
    description: v.string(),
    tags: v.array(v.string()),
    owner: v.string(),
    group: v.string(),
    created: v.pipe(v.boolean(), v.description('Whether its bytes are there.')),
    progress: v.pipe(v.number(), v.description('Percent of the upload or build that goes on.')),
    upload: v.optional(
      v.pipe(v.string(), v.description('Id of an upload in parts that is open: it can be gone on with.')),
    ),
    size: v.pipe(v.number(), v.description('Bytes as stored.')),
    virtual_size: v.pipe(v.number(), v.description('Bytes as a guest sees them.')),
    format: v.string(),
    sha256: v.string(),
    create_time: v.string(),
    modify_time: v.string(),
  }),
  v.metadata({ ref: 'Image' }),
)

export const renderImage = (image: ImageView) => ({
  id: image.id,
  name: image.name,
  description: image.description,
  tags: image.tags,
  owner: image.owner,
  group: image.group,
  created: image.created,
  progress: image.progress,
  ...(image.upload === undefined ? {} : { upload: image.upload }),
  size: image.sizeBytes,
  virtual_size: image.virtualSizeBytes,
  format: image.format ?? '',
  sha256: image.sha256 ?? '',
  create_time: timeText(image.createdAt),
  modify_time: timeText(image.modifiedAt),
})

/** The operations that media and disk images share; creation differs. */
export function imageOperations(kind: ImageKind, { images }: ImageServices): Operation[] {
  const [noun, tag] = [`${kind}_image`, kind === 'media' ? 'Media images' : 'Disk images']
  const path = `/${noun}s/:id`
  const found = (op: OperationContext, filter: v.InferOutput<typeof searchQuery>): OperationReply =>
    listed(images.list(op, { kind, ...filter }), renderImage)
  return [
    operation({
      id: `${noun}.list`,
      method: 'GET',
      path: `/${noun}s`,
      summary: `All ${kind} images that the caller may see`,
      tag,
      query: searchQuery,
      reply: v.array(imageReply),
      access: 'image.read',
      handle: (op, { query }) => found(op, query),
    }),
    operation({
      id: `${noun}.search`,
      method: 'GET',
      path: `/${noun}_search`,
      summary: `Find ${kind} images by group, owner and tags`,
      tag,
      query: searchQuery,
      reply: v.array(imageReply),
      access: 'image.read',
      handle: (op, { query }) => found(op, query),
    }),
    operation({
      id: `${noun}.get`,
      method: 'GET',
      path,
      summary: `A ${kind} image`,
      tag,
      params: imageParams,
      reply: imageReply,
      access: 'image.read',
      handle(op, { params }) {
        const image = images.get(op, kind, params.id)
        return { data: renderImage(image), headers: etag(image.version) }
      },
    }),
    operation({
      id: `${noun}.modify`,
      method: 'PUT',
      path,
      summary: `Change the record of a ${kind} image; what is left out stays`,
      tag,
      params: imageParams,
      body: modifyBody,
      access: 'image.write',
      async handle(op, { params, body }) {
        const request = { ...body, tags: body.tags ?? undefined }
        return changed(op, await images.modify(op, { kind, id: params.id }, request))
      },
    }),
    operation({
      id: `${noun}.delete`,
      method: 'DELETE',
      path,
      summary: `Delete a ${kind} image; refused while guests need it`,
      description: 'Its bytes stay in quarantine for a while: see the storage pool’s volumes.',
      tag,
      params: imageParams,
      access: 'image.write',
      async handle(op, { params }) {
        return launched(await images.delete(op, kind, params.id))
      },
    }),
    ...fileOperations(kind, { images }),
  ]
}

/** The bytes, in and out. */
function fileOperations(kind: ImageKind, { images }: ImageServices): Operation[] {
  const [noun, tag] = [`${kind}_image`, kind === 'media' ? 'Media images' : 'Disk images']
  const file = { path: `/${noun}_files/:id`, aliases: [`/${noun}s/:id/file`] }
  return [
    operation({
      id: `${noun}.upload`,
      method: 'POST',
      ...file,
      summary: `Upload the content of an empty ${kind} image`,
      description:
        'A multipart form with the file in the field `image`, or the bare bytes under any other content type. ' +
        `${kind === 'media' ? 'Raw images such as ISO files are taken.' : 'qcow2 and raw images are taken.'} ` +
        'An image that has its content takes no other. Uploads that shall survive a cut connection: /uploads.',
      tag,
      params: imageParams,
      bodyType: 'stream',
      reply: imageReply,
      access: 'image.write',
      async handle(op, { params, incoming }) {
        const plan = await images.upload(op, { kind, id: params.id }, uploadBody(incoming, 'image'))
        return op.dryRun ? changed(op, plan) : { data: renderImage(images.get(op, kind, params.id)) }
      },
    }),
    operation({
      id: `${noun}.download`,
      method: 'GET',
      ...file,
      summary: `Download the content of a ${kind} image`,
      description: 'Takes a Range header of one range.',
      tag,
      params: imageParams,
      replyType: 'application/octet-stream',
      status: [200, 206],
      access: 'image.read',
      async handle(op, { params, header }) {
        const download = await images.download(op, kind, params.id)
        return sent(download, header('range'), header('if-range'))
      },
    }),
  ]
}

async function sent(
  download: ImageDownload,
  range: string | undefined,
  ifRange: string | undefined,
): Promise<OperationReply> {
  const tag = `"${download.tag}"`
  const wanted = ifRange === undefined || ifRange === tag ? parseRange(range, download.sizeBytes) : undefined
  const { start, end } = wanted ?? { start: 0, end: download.sizeBytes - 1 }
  return {
    status: wanted ? 206 : 200,
    stream: readable(await download.open(wanted)),
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(end - start + 1),
      'Content-Disposition': attachment(download.name),
      'Accept-Ranges': 'bytes',
      ETag: tag,
      ...(wanted ? { 'Content-Range': `bytes ${start}-${end}/${download.sizeBytes}` } : {}),
    },
  }
}

// A stream of the pool is passed on as it is; wrapping it would cost a copy of each chunk.
const readable = (bytes: AsyncIterable<Uint8Array>): Readable =>
  bytes instanceof Readable ? bytes : Readable.from(bytes, { objectMode: false })
