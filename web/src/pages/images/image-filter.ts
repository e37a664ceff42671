import type { Image } from './images-api.ts'

export interface ImageFilter {
  q?: string
  /** Tags, parted by commas, which no tag has; one of them is enough. */
  tag?: string
  owner?: string
  group?: string
  /** `name`, `size` or `modified`, with a `-` before it for the other way round. */
  sort?: string
}

export const tagsOf = (tag: string | undefined): string[] =>
  (tag ?? '').split(',').filter((one) => one !== '')

/** What fits, in the order that is asked for. */
export function filtered(images: readonly Image[], filter: ImageFilter): Image[] {
  const words = (filter.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const tags = tagsOf(filter.tag)
  const found = images.filter((image) => {
    const text = [image.name, image.description, image.id, ...image.tags].join('\n').toLowerCase()
    return (
      words.every((word) => text.includes(word)) &&
      (tags.length === 0 || tags.some((tag) => image.tags.includes(tag))) &&
      (filter.owner === undefined || image.owner === filter.owner) &&
      (filter.group === undefined || image.group === filter.group)
    )
  })
  return sorted(found, filter.sort ?? 'name')
}

function sorted(images: Image[], sort: string): Image[] {
  const [key, sign] = sort.startsWith('-') ? [sort.slice(1), -1] : [sort, 1]
  const compare = (a: Image, b: Image) => {
    if (key === 'size') return a.size - b.size
    if (key === 'modified') return a.modify_time < b.modify_time ? -1 : 1
    return a.name.localeCompare(b.name, undefined, { numeric: true })
  }
  return images.sort((a, b) => sign * compare(a, b))
}

/** Each value once, in the order of the alphabet. */
export const choices = (images: readonly Image[], of: (image: Image) => readonly string[]): string[] =>
  [...new Set(images.flatMap(of))].sort()

/** What a file is called as an image: its ending and what a name may not have are taken off. */
export function imageNameOf(fileName: string): string {
  const bare = fileName.replace(/\.(qcow2|img|raw|iso)$/i, '')
  const clean = bare.replace(/[^\p{L}\p{N}\p{M}._-]+/gu, '-').replace(/^[^\p{L}\p{N}_]+/u, '')
  return clean.slice(0, 128) || 'image'
}
