import type { IncomingMessage } from 'node:http'
import { AppError } from '../core/errors.ts'
import { formField } from './multipart.ts'

/** A body on its way in, and how long it says it is. */
export interface UploadBody {
  /** Each chunk is valid until the next one is asked for. */
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
  const contentType = incoming.headers['content-type'] ?? ''
  const isForm = /^multipart\/form-data\b/i.test(contentType)
  const body = wholeBody(incoming)
  return {
    stream: isForm ? formField(body, { contentType, field }) : body,
    declaredBytes: declaredLength(incoming),
  }
}

function declaredLength({ headers }: IncomingMessage): number | null {
  const length = headers['content-length']
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null
}

/** The body as it comes; each chunk is valid until the next one is asked for. */
export async function* wholeBody(incoming: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      yield chunk
      giveBack(chunk)
    }
  } catch (cause) {
    throw new AppError('invalid', 'the upload was cut off before its end', { cause })
  } finally {
    discardRest(incoming)
  }
}

/**
 * Frees a chunk at once when its reader has asked for the next one. The collector would find out only after some hundred
 * of them, and each new one would be written to memory that is not in the cache.
 */
function giveBack({ buffer, byteLength }: Buffer): void {
  const isWhole = byteLength >= 16_384 && byteLength === buffer.byteLength
  if (isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

function discardRest(incoming: IncomingMessage): void {
  if (incoming.readableEnded || incoming.destroyed) return
  const timer = setTimeout(() => incoming.destroy(), lingerMs)
  timer.unref()
  incoming.once('close', () => clearTimeout(timer))
  incoming.resume()
}
