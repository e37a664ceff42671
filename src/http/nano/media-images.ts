import * as v from 'valibot'
import { type Operation, operation } from '../operation.ts'
import { changed } from './changed.ts'
import { type ImageServices, imageBody, imageOperations } from './image-operations.ts'

/** ISO files and other media that guests read. */
export const mediaImageOperations = (services: ImageServices): Operation[] => [
  ...imageOperations('media', services),
  operation({
    id: 'media_image.create',
    method: 'POST',
    path: '/media_images',
    aliases: ['/media_images/:id'],
    summary: 'Record an empty media image; its content is uploaded afterwards',
    tag: 'Media images',
    body: imageBody,
    reply: v.object({ id: v.string() }),
    access: 'image.write',
    async handle(op, { body }) {
      const request = { ...body, description: body.description ?? '', tags: body.tags ?? [] }
      const made = await services.images.create(op, 'media', request)
      return op.dryRun ? changed(op, made) : { data: { id: made.id } }
    },
  }),
]
