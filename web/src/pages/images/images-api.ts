import type { components } from '../../api/schema.d.ts'
import type { ImageKind } from '../../components/uploads/upload-store.ts'

export type Image = components['schemas']['Image']

export const listPaths = { disk: '/disk_images', media: '/media_images' } as const
export const imagePaths = { disk: '/disk_images/{id}', media: '/media_images/{id}' } as const

/** Where a browser fetches the bytes. */
export const downloadOf = (kind: ImageKind, id: string) =>
  `/api/v1/${kind}_images/${encodeURIComponent(id)}/file`
