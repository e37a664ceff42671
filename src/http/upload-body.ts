import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy } from '@fastify/busboy'
import { AppError, invalid } from '../core/errors.ts'

/** A body on its way in, and how long it says it is. */
export interface UploadBody {
  stream: AsyncIterable<Uint8Array>
  /** Null where the sender did not say; of a form a little more than its file. */
  declaredBytes: number | null
}

/** Nobody waits longer for a sender to stop after its upload was refused. */
const lingerMs = 60_000

/**
 * The bytes of an upload: the file field of a multipart form, or else the body itself, whatever its type. The request stays
 * whole when the reader stops early, so that the sender can still read why; what it sends on is thrown away.
 */
export function uploadBody(incoming: IncomingMessage, field: string): UploadBody {
  const isForm = /^multipart\/form-data\b/i.test(incoming.headers['content-type'] ?? '')
  return {
    stream: isForm ? formFile(incoming, field) : wholeBody(incoming),
    declaredBytes: declaredLength(incoming),
  }
}

function declaredLength({ headers }: IncomingMessage): number | null {
  const length = headers['content-length']
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null
}

/** The body as it comes. */
export async function* wholeBody(incoming: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) yield chunk
  } catch (cause) {
    throw cutOff(cause)
  } finally {
    discardRest(incoming)
  }
}

async function* formFile(incoming: IncomingMessage, field: string): AsyncGenerator<Uint8Array> {
  const form = openForm(incoming, field)
  try {
    for await (const chunk of await form.file) yield chunk
    await form.ended
  } finally {
    incoming.unpipe()
    discardRest(incoming)
  }
}

/** `file` is the field's content, `ended` the orderly end of the form behind it. */
function openForm(
  incoming: IncomingMessage,
  field: string,
): { file: Promise<Readable>; ended: Promise<void> } {
  const file = Promise.withResolvers<Readable>()
  const ended = Promise.withResolvers<void>()
  const parser = parserOf(incoming)
  let open: Readable | undefined
  const fail = (error: unknown) => {
    file.reject(error)
    ended.reject(error)
    open?.destroy(error as Error)
  }
  parser.on('file', (name: string, content: Readable) => {
    if (name !== field || open) return void content.resume()
    open = content
    file.resolve(content)
  })
  parser.on('finish', () => {
    file.reject(invalid(field, `the form has no file in the field '${field}'`))
    ended.resolve()
  })
  parser.on('error', (cause: unknown) => fail(malformed(cause)))
  incoming.on('error', (cause) => fail(cutOff(cause)))
  incoming.on('aborted', () => fail(cutOff(undefined)))
  for (const promise of [file.promise, ended.promise]) promise.catch(() => undefined)
  incoming.pipe(parser)
  return { file: file.promise, ended: ended.promise }
}

function parserOf(incoming: IncomingMessage) {
  const limits = { fields: 32, fieldSize: 65_536, files: 8, parts: 40 }
  try {
    return new Busboy({
      headers: { ...incoming.headers, 'content-type': incoming.headers['content-type'] ?? '' },
      limits,
      fileHwm: 1024 * 1024,
    })
  } catch (cause) {
    throw malformed(cause)
  }
}

const malformed = (cause: unknown) =>
  new AppError('invalid', 'the form is not well-formed or was cut off', { cause })

const cutOff = (cause: unknown) => new AppError('invalid', 'the upload was cut off before its end', { cause })

function discardRest(incoming: IncomingMessage): void {
  if (incoming.readableEnded || incoming.destroyed) return
  const timer = setTimeout(() => incoming.destroy(), lingerMs)
  timer.unref()
  incoming.once('close', () => clearTimeout(timer))
  incoming.resume()
}
