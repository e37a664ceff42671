import { HttpRefusal } from './refusal.ts'

/** First and last byte, both included. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * What a Range header asks of `sizeBytes`. Undefined: everything, also for several ranges and for units that are not
 * known, as the standard allows. Throws 416 where it begins beyond the end.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(' ', '') ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first, last] = match
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (first !== '' && last !== '' && Number(last) < start) return undefined
  if (start >= sizeBytes || end < start)
    throw new HttpRefusal(416, `The range begins beyond the end: there are ${sizeBytes} bytes.`, {
      headers: { 'Content-Range': `bytes */${sizeBytes}` },
    })
  return { start, end }
}

/** `attachment` with a name that every browser reads and no character can end early. */
export function attachment(fileName: string): string {
  const plain = fileName.replace(/[^\w. -]/g, '_')
  const encoded = encodeURIComponent(fileName).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
