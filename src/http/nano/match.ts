import { createHash } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import type { OperationReply } from '../operation.ts'

/**
 * Two sorts of tags. `"12"`, and `"12-…"` where more than the record is shown, tell the version of the record; a change
 * means the record, so that what stands behind the dash is no matter to it. `"c-…"` is a digest of what has no version.
 */
const contentTag = (data: unknown): string => `"c-${digest(data)}"`

export const recordTag = (version: number, shown: unknown): string => `"${version}-${digest(shown)}"`

const digest = (data: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(data ?? ''))
    .digest('base64url')
    .slice(0, 16)

const ofRecord = (tag: string): string =>
  tag
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(\d+)-[\w-]*"$/, '"$1"')

const tagsOf = (header: string | undefined): string[] | undefined =>
  header === undefined || header.trim() === '*' ? undefined : header.split(',').map(ofRecord)

/** The versions that a caller's `If-Match` means; undefined where any will do. */
export const ifVersionsOf = (header: string | undefined): number[] | undefined =>
  tagsOf(header)?.flatMap((tag) => {
    const version = /^"(\d{1,15})"$/.exec(tag)?.[1]
    return version === undefined ? [] : [Number(version)]
  })

/** What a reading of the same path would be tagged with now. */
export const tagOfReply = ({ data, headers }: OperationReply): string => headers?.['ETag'] ?? contentTag(data)

/** Throws `precondition_failed` when the caller says which state it has read, and that is not the present one. */
export async function checkMatch(
  header: string | undefined,
  present: () => Promise<OperationReply> | OperationReply,
): Promise<void> {
  const wanted = tagsOf(header)
  if (wanted === undefined) return
  const tag = ofRecord(tagOfReply(await present()))
  if (wanted.includes(tag)) return
  throw new AppError(
    'precondition_failed',
    `this was changed meanwhile: its version is ${tag}, not ${wanted.join(', ')}. Read it again.`,
  )
}
