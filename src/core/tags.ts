import { invalid } from './errors.ts'

const tagPattern = /^[^\p{Cc}\p{Cs},]{1,64}$/u

export interface TagBounds {
  /** What has them, e.g. `an image`. */
  what: string
  most: number
}

/** Throws `invalid` that names the field; 1 to 64 characters each, without comma and control character. */
export function checkTags(tags: readonly string[], { what, most }: TagBounds): void {
  if (tags.length > most) throw invalid('tags', `${what} has at most ${most} tags`)
  for (const [index, tag] of tags.entries())
    if (!tagPattern.test(tag))
      throw invalid(`tags[${index}]`, 'a tag has 1 to 64 characters, no comma and no control character')
}
