import * as v from 'valibot'
import { type Operation, operation } from '../operation.ts'
import { changed } from './changed.ts'
import { text } from './identity-schemas.ts'
import { type ImageServices, imageBody, imageOperations } from './image-operations.ts'
import { launched } from './launched.ts'

const createBody = v.object({
  ...imageBody.entries,
  guest: v.optional(
    v.nullable(text('Guest to build it from; without one the content is uploaded afterwards.')),
  ),
})

/** Images that guests are cloned from. */
export const diskImageOperations = (services: ImageServices): Operation[] => [
  ...imageOperations('disk', services),
  operation({
    id: 'disk_image.create',
    method: 'POST',
    path: '/disk_images',
    aliases: ['/disk_images/:id'],
    summary: 'Build a disk image from a guest, or record an empty one',
    description:
      'With `guest`: 202, and `progress` of the image tells how far it is. The guest may run; then its file systems are ' +
      'held still for a moment where its agent answers.',
    tag: 'Disk images',
    body: createBody,
    reply: v.object({ id: v.string() }),
    status: [200, 202],
    access: 'image.write',
    async handle(op, { body: { guest, ...body } }) {
      const request = { ...body, description: body.description ?? '', tags: body.tags ?? [] }
      if (guest) {
        const outcome = await services.images.build(op, guest, request)
        return launched(outcome, { data: { id: outcome.id }, status: 202 })
      }
      const made = await services.images.create(op, 'disk', request)
      return op.dryRun ? changed(op, made) : { data: { id: made.id } }
    },
  }),
]
