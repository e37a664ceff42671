import type * as schema from '../../db/schema.ts'

export type Image = typeof schema.image.$inferSelect
export type NewImage = Omit<Image, 'version'>
export type ImageKind = Image['kind']

export interface ImageRequest {
  name: string
  owner: string
  group: string
  description: string
  tags: string[]
}

export interface ImageView extends Image {
  /** Its bytes are there. */
  created: boolean
  /** 0–100: of the upload or the build that goes on. */
  progress: number
  /** Id of an upload in parts that is open. */
  upload?: string
}

export interface ImageFilter {
  kind: ImageKind
  group?: string
  owner?: string
  /** One of them is enough. */
  tags?: readonly string[]
}

/** `disk image 'debian12'`, for messages. */
export const describeImage = (image: Pick<Image, 'kind' | 'name'>): string =>
  `${image.kind} image '${image.name}'`
