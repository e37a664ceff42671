import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type IncomingHttpHeaders, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'

export type Reply = { status: number; headers: IncomingHttpHeaders; bytes: Buffer; text: string }

/** What every answer of the main API is wrapped in. */
export type Envelope = { error_code: number; message: string; data: unknown }

export type RequestOptions = {
  /** An object becomes JSON; text, bytes and streams go as they are. */
  body?: unknown
  headers?: Record<string, string>
  timeoutMs?: number
}

/** An HTTP client that can trust a certificate of its own and never follows a redirect. */
export class HttpClient {
  readonly baseUrl: string
  readonly #ca: string | undefined
  readonly #headers: Record<string, string>

  constructor(options: { baseUrl: string; ca?: string; headers?: Record<string, string> }) {
    this.baseUrl = options.baseUrl
    this.#ca = options.ca
    this.#headers = options.headers ?? {}
  }

  /** The same client with more headers on each request. */
  with(headers: Record<string, string>): HttpClient {
    return new HttpClient({ baseUrl: this.baseUrl, ca: this.#ca, headers: { ...this.#headers, ...headers } })
  }

  /** Resolves with any status; rejects only when no answer came. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
    const url = new URL(path, this.baseUrl)
    const { source, headers } = bodyOf(options.body)
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest
    const outgoing = send(url, {
      method,
      ca: this.#ca,
      headers: { ...headers, ...this.#headers, ...options.headers },
      signal: AbortSignal.timeout(options.timeoutMs ?? 60_000),
    })
    const answered = new Promise<Reply>((resolve, reject) => {
      outgoing.once('error', reject)
      outgoing.once('response', (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.once('error', reject)
        incoming.once('end', () => {
          const bytes = Buffer.concat(chunks)
          const status = incoming.statusCode ?? 0
          resolve({ status, headers: incoming.headers, bytes, text: bytes.toString() })
        })
      })
    })
    // A server may answer before it has read all; then the answer counts, not the broken pipe.
    await Promise.race([pipeline(source, outgoing).catch(() => undefined), answered.catch(() => undefined)])
    return answered
  }

  /** A multipart form with one file, streamed. */
  async upload(path: string, field: string, file: string, options: { method?: string } = {}): Promise<Reply> {
    const boundary = `----lab${crypto.randomUUID()}`
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="upload.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`
    const tail = `\r\n--${boundary}--\r\n`
    const { size } = await stat(file)
    async function* parts() {
      yield Buffer.from(head)
      yield* createReadStream(file, { highWaterMark: 1 << 20 })
      yield Buffer.from(tail)
    }
    return this.request(options.method ?? 'POST', path, {
      body: Readable.from(parts(), { objectMode: false }),
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': String(head.length + size + tail.length),
      },
      timeoutMs: 600_000,
    })
  }
}

function bodyOf(body: unknown): { source: Readable; headers: Record<string, string> } {
  if (body instanceof Readable) return { source: body, headers: {} }
  if (body === undefined) return { source: Readable.from([]), headers: {} }
  const raw = typeof body === 'string' || Buffer.isBuffer(body)
  const bytes = Buffer.from(raw ? body : JSON.stringify(body))
  const headers: Record<string, string> = { 'content-length': String(bytes.length) }
  if (!raw) headers['content-type'] = 'application/json'
  return { source: Readable.from([bytes]), headers }
}

/** Reads the envelope; throws unless it is one. A success has exactly its three members, a failure may say more. */
export function envelopeOf(reply: Reply): Envelope {
  const type = reply.headers['content-type'] ?? ''
  if (!type.startsWith('application/json'))
    throw new Error(`not JSON but '${type}': ${reply.text.slice(0, 300)}`)
  const body = JSON.parse(reply.text) as Record<string, unknown>
  const names = Object.keys(body)
  const missing = ['error_code', 'message', 'data'].some((name) => !names.includes(name))
  if (missing || (body['error_code'] === 0 && names.length > 3))
    throw new Error(`not an envelope: ${reply.text.slice(0, 300)}`)
  if (typeof body['error_code'] !== 'number' || typeof body['message'] !== 'string')
    throw new Error(`an envelope with wrong types: ${reply.text.slice(0, 300)}`)
  return body as Envelope
}

/**
 * Asks until the answer is not undefined. A deadline passed is an error that says what was waited for and the last
 * error, if `probe` threw.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const { timeoutMs = 30_000, everyMs = 200 } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let failure: unknown
    const answer = await probe().catch((error: unknown) => {
      failure = error
      return undefined
    })
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`no ${what} in ${timeoutMs} ms`, { cause: failure })
    await delay(everyMs)
  }
}
