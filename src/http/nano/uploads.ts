import * as v from 'valibot'
import { AppError, invalid } from '../../core/errors.ts'
import type { Uploads, UploadView } from '../../core/images/uploads.ts'
import { type Operation, type OperationRequest, operation } from '../operation.ts'
import { wholeBody } from '../upload-body.ts'
import { timeText } from './guest-wire.ts'
import { text, whole } from './identity-schemas.ts'

const tag = 'Uploads'
const path = '/uploads/:id'
const params = v.object({ id: text('Id of the upload.') })

const uploadReply = v.pipe(
  v.object({
    id: v.string(),
    image: v.string(),
    offset: v.pipe(v.number(), v.description('Where the next bytes begin.')),
    size: v.number(),
    finished: v.pipe(v.boolean(), v.description('The image is ready; the upload is gone.')),
    create_time: v.string(),
  }),
  v.metadata({ ref: 'Upload' }),
)

const rendered = (upload: UploadView) => ({
  data: {
    id: upload.id,
    image: upload.image,
    offset: upload.offset,
    size: upload.sizeBytes,
    finished: upload.finished,
    create_time: timeText(upload.createdAt),
  },
  headers: { 'Upload-Offset': String(upload.offset) },
})

/** Uploads in parts, for both kinds of images; they survive a cut connection and a restart. */
export const uploadOperations = ({ uploads }: { uploads: Uploads }): Operation[] => [
  operation({
    id: 'upload.start',
    method: 'POST',
    path: '/uploads',
    summary: 'Begin an upload in parts to an empty image',
    tag,
    body: v.object({
      image: text('Id of the media or disk image.'),
      size: whole('Bytes of the whole.', 1),
      sha256: v.optional(text('Digest of the whole, 64 hexadecimal digits; checked at the end.')),
    }),
    reply: uploadReply,
    access: 'image.write',
    async handle(op, { body: { image, size, sha256 } }) {
      return rendered(await uploads.start(op, { image, sizeBytes: size, sha256 }))
    },
  }),
  operation({
    id: 'upload.get',
    method: 'GET',
    path,
    summary: 'How far an upload is',
    tag,
    params,
    reply: uploadReply,
    access: 'image.write',
    handle: async (op, { params: { id } }) => rendered(await uploads.get(op, id)),
  }),
  ...(['PATCH', 'PUT'] as const).map((method) =>
    operation({
      id: method === 'PATCH' ? 'upload.append' : 'upload.put',
      method,
      path,
      summary: 'Send the next bytes; with the last one the image is made ready',
      description:
        'The body is bare bytes; `Upload-Offset: N` or `Content-Range: bytes N-M/SIZE` says where they begin, and must be ' +
        'where the upload stands (409 with `details.offset` otherwise). What came of a part that was cut is kept.',
      tag,
      params,
      bodyType: 'stream',
      reply: uploadReply,
      access: 'image.write',
      async handle(op, request) {
        const part = { offset: offsetOf(request), stream: wholeBody(request.incoming) }
        return rendered(await uploads.append(op, request.params.id, part))
      },
    }),
  ),
  operation({
    id: 'upload.finish',
    method: 'POST',
    path: `${path}/finish`,
    summary: 'Make the image ready, where that failed after the last byte',
    tag,
    params,
    reply: uploadReply,
    access: 'image.write',
    handle: async (op, { params: { id } }) => rendered(await uploads.finish(op, id)),
  }),
  operation({
    id: 'upload.delete',
    method: 'DELETE',
    path,
    summary: 'Give an upload up; nothing of it is left',
    tag,
    params,
    access: 'image.write',
    async handle(op, { params: { id } }) {
      await uploads.remove(op, id)
      return {}
    },
  }),
]

function offsetOf({ header }: Pick<OperationRequest, 'header'>): number {
  const offset = header('upload-offset')
  const range = header('content-range')
  if (offset !== undefined && /^\d{1,15}$/.test(offset)) return Number(offset)
  const first = /^bytes (\d{1,15})-\d{1,15}\/(?:\d{1,15}|\*)$/.exec(range ?? '')?.[1]
  if (first !== undefined) return Number(first)
  if (offset === undefined && range === undefined)
    throw new AppError(
      'invalid',
      "say where the bytes begin: 'Upload-Offset: N' or 'Content-Range: bytes N-M/SIZE'",
      {
        field: 'Upload-Offset',
      },
    )
  throw invalid(
    offset === undefined ? 'Content-Range' : 'Upload-Offset',
    'the offset is not a number of bytes',
  )
}
