import { invalid } from '../errors.ts'
import { checkTags } from '../tags.ts'
import type { ImageRequest } from './image.ts'

const namePattern = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}._-]{0,127}$/u

export const imageLimits = { tags: 32, descriptionLength: 1024, maxBytes: 64 * 1024 ** 4 } as const

/** Everything that can be said of a request without looking at the record; what is left out is not looked at. */
export function checkImage(request: Partial<ImageRequest>): void {
  const { name, description, tags } = request
  if (name !== undefined && !namePattern.test(name))
    throw invalid(
      'name',
      "name must be 1 to 128 letters, digits, '.', '-' or '_' and begin with a letter, a digit or '_'",
    )
  if (description !== undefined) checkDescription(description)
  if (tags !== undefined) checkTags(tags, { what: 'an image', most: imageLimits.tags })
}

function checkDescription(description: string): void {
  if (description.length > imageLimits.descriptionLength)
    throw invalid('description', `description must be at most ${imageLimits.descriptionLength} characters`)
  if (/[^\P{Cc}\n\t\r]/u.test(description))
    throw invalid('description', 'description must not hold control characters')
}

/** Size of what will be uploaded, in bytes. */
export function checkUploadSize(sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > imageLimits.maxBytes)
    throw invalid('size', `size must be a whole number of bytes from 1 to ${imageLimits.maxBytes}`)
}

export function checkSha256(sha256: string | undefined): void {
  if (sha256 !== undefined && !/^[0-9a-fA-F]{64}$/.test(sha256))
    throw invalid('sha256', 'sha256 must be 64 hexadecimal digits')
}
