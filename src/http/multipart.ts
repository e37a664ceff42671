import { AppError, invalid } from '../core/errors.ts'

// The parser libraries hand out pieces at their own times, so that nobody can tell when a chunk of the socket may be freed;
// at some hundred MiB a second that costs more than the parsing.

const mostHeadBytes = 16 * 1024
const headEnd = Buffer.from('\r\n\r\n')

/** Between parts; in the head of a part; in the wanted part; behind the last one. */
type Where = 'boundary' | 'head' | 'skipped' | 'wanted' | 'done'

/**
 * The bytes of the form field's first occurrence, as views of the chunks: each is valid until the next one is asked for.
 * Throws `invalid` for a form that is malformed, cut off or without the field.
 */
export async function* formField(
  chunks: AsyncIterable<Buffer>,
  form: { contentType: string; field: string },
): AsyncGenerator<Buffer> {
  const delimiter = Buffer.from(`\r\n--${boundaryOf(form.contentType)}`)
  // The first boundary may stand at the very beginning, without a line end before it.
  let rest: Buffer = Buffer.from('\r\n')
  let where: Where = 'skipped'
  let found = false
  for await (const chunk of chunks) {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    rest = nothing
    while (data.length > 0 && where !== 'done') {
      const step = advance(data, where, { delimiter, field: found ? null : form.field })
      if (step.bytes.length > 0) yield step.bytes
      found ||= step.where === 'wanted'
      // Views of the chunk die with it, so what waits for the next one is copied.
      if (step.waits) rest = Buffer.from(step.rest)
      where = step.where
      data = step.waits ? nothing : step.rest
    }
  }
  if (where !== 'done') throw malformed()
  if (!found) throw invalid(form.field, `the form has no file in the field '${form.field}'`)
}

const nothing = Buffer.alloc(0)

interface Step {
  where: Where
  /** Of the wanted part. */
  bytes: Buffer
  rest: Buffer
  /** `rest` can be understood only with what follows. */
  waits: boolean
}

function advance(data: Buffer, where: Where, form: { delimiter: Buffer; field: string | null }): Step {
  if (where === 'boundary') return behindBoundary(data)
  if (where === 'head') return head(data, form.field)
  return body(data, where, form.delimiter)
}

function behindBoundary(data: Buffer): Step {
  if (data.length < 2) return { where: 'boundary', bytes: nothing, rest: data, waits: true }
  const mark = data.toString('latin1', 0, 2)
  if (mark === '--') return { where: 'done', bytes: nothing, rest: nothing, waits: false }
  if (mark !== '\r\n') throw malformed()
  return { where: 'head', bytes: nothing, rest: data.subarray(2), waits: false }
}

function head(data: Buffer, field: string | null): Step {
  const end = data.indexOf(headEnd)
  if (end < 0 && data.length > mostHeadBytes) throw malformed()
  if (end < 0) return { where: 'head', bytes: nothing, rest: data, waits: true }
  const isWanted = field !== null && fieldNameOf(data.toString('utf8', 0, end)) === field
  const rest = data.subarray(end + headEnd.length)
  return { where: isWanted ? 'wanted' : 'skipped', bytes: nothing, rest, waits: false }
}

function body(data: Buffer, where: Where, delimiter: Buffer): Step {
  const end = data.indexOf(delimiter)
  const kept = end < 0 ? data.length - overlap(data, delimiter) : end
  const bytes = where === 'wanted' ? data.subarray(0, kept) : nothing
  if (end < 0) return { where, bytes, rest: data.subarray(kept), waits: true }
  return { where: 'boundary', bytes, rest: data.subarray(end + delimiter.length), waits: false }
}

/** How many bytes at the end may be the beginning of the delimiter. */
function overlap(data: Buffer, delimiter: Buffer): number {
  const from = Math.max(0, data.length - delimiter.length + 1)
  for (let at = data.indexOf(13, from); at >= 0; at = data.indexOf(13, at + 1)) {
    const length = data.length - at
    if (data.compare(delimiter, 0, length, at) === 0) return length
  }
  return 0
}

const fieldNameOf = (text: string): string | undefined => {
  const match = /^content-disposition:[^\r\n]*?;[ \t]*name=(?:"([^"\r\n]*)"|([^;\s]+))/im.exec(text)
  return match?.[1] ?? match?.[2]
}

function boundaryOf(contentType: string): string {
  const match = /;[ \t]*boundary=(?:"([^"]{1,70})"|([^;\s"]{1,70}))/i.exec(contentType)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) throw malformed()
  return boundary
}

const malformed = () => new AppError('invalid', 'the form is not well-formed or was cut off')
