import * as v from 'valibot'
import type { GroupSharing, Visibilities } from '../../core/identity/visibilities.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'
import { text } from './identity-schemas.ts'

const tag = 'User groups'

const flag = (description: string) => v.pipe(v.boolean('must be true or false'), v.description(description))

/** What the members of a group share. */
export const visibilityEntries = {
  instance_visible: flag('Guests.'),
  disk_image_visible: flag('Disk images.'),
  media_image_visible: flag('Media images.'),
}

export const renderVisibility = ({ guests, diskImages, mediaImages }: GroupSharing) => ({
  instance_visible: guests,
  disk_image_visible: diskImages,
  media_image_visible: mediaImages,
})

const { instance_visible, disk_image_visible, media_image_visible } = visibilityEntries

export const visibilityOperations = ({ visibilities }: { visibilities: Visibilities }): Operation[] => [
  operation({
    id: 'visibility.get',
    method: 'GET',
    path: '/resource_visibilities',
    summary: "What the members of the caller's group share with each other",
    tag,
    reply: v.object({ ...visibilityEntries, group: text('Of which group: the first of the caller.') }),
    access: 'session',
    handle(op) {
      const { group, version, ...sharing } = visibilities.get(op)
      return { data: { ...renderVisibility(sharing), group }, headers: etag(version) }
    },
  }),
  operation({
    id: 'visibility.set',
    method: 'PUT',
    path: '/resource_visibilities',
    summary: "Choose what the members of the caller's group share; what is left out is not shared",
    tag,
    body: v.object({
      instance_visible: v.optional(instance_visible, false),
      disk_image_visible: v.optional(disk_image_visible, false),
      media_image_visible: v.optional(media_image_visible, false),
    }),
    access: 'setting.write',
    async handle(op, { body }) {
      const sharing = {
        guests: body.instance_visible,
        diskImages: body.disk_image_visible,
        mediaImages: body.media_image_visible,
      }
      return changed(op, await visibilities.set(op, sharing))
    },
  }),
]
