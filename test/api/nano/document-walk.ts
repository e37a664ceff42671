// Calls operations by their names and notes which were seen to succeed and which to refuse.
import assert from 'node:assert/strict'
import type { OperationName } from './document-operations.ts'

export interface WalkAnswer {
  status: number
  data: unknown
  text: string
  headers: Headers
}

/** `credential` null: none. A body that is a string or bytes goes as it is. */
export type Send = (request: {
  method: string
  path: string
  body: unknown
  credential: string | null
}) => Promise<WalkAnswer>

export interface Step {
  /** For the parameters of the path, in order. */
  at?: readonly string[]
  /** Without the question mark. */
  query?: string
  body?: unknown
  /** Another's credential than the administrator's; null shows none. */
  as?: string | null
  /** The status that is wanted; otherwise any of its sort will do. */
  status?: number
}

export class Walk {
  /** Operations by the sort of answer that was seen. */
  readonly seen = { good: new Set<OperationName>(), bad: new Set<OperationName>() }
  readonly #send: Send
  readonly #credential: string
  readonly #known: ReadonlySet<OperationName>

  constructor(known: Iterable<OperationName>, credential: string, send: Send) {
    this.#known = new Set(known)
    this.#credential = credential
    this.#send = send
  }

  /** Answers the payload of a success. */
  async good<T = Record<string, unknown>>(name: OperationName, step: Step = {}): Promise<T> {
    const answer = await this.#call(name, step)
    const { status } = answer
    assert.ok(
      step.status === undefined ? status >= 200 && status < 300 : status === step.status,
      `${name} answered ${status}: ${answer.text}`,
    )
    this.seen.good.add(name)
    return answer.data as T
  }

  /** A refusal is a 4xx whose body says why. */
  async bad(name: OperationName, step: Step = {}): Promise<Record<string, unknown>> {
    const answer = await this.#call(name, step)
    const { status, text } = answer
    const wanted = step.status ?? (step.as === null ? 401 : undefined)
    assert.ok(
      wanted === undefined ? status >= 400 && status < 500 : status === wanted,
      `${name} answered ${status}: ${text}`,
    )
    const body = JSON.parse(text) as Record<string, unknown>
    assert.equal(body['error_code'], 500, text)
    assert.ok(String(body['message']).length > 10, text)
    this.seen.bad.add(name)
    return body
  }

  async #call(name: OperationName, { at = [], query, body, as }: Step): Promise<WalkAnswer> {
    assert.ok(this.#known.has(name), `'${name}' stands in neither table`)
    const [method = '', template = ''] = name.split(' ')
    const rest = [...at]
    const path = template.replace(/\{\w+\}/g, () => encodeURIComponent(rest.shift() ?? assert.fail(name)))
    return this.#send({
      method,
      path: query === undefined ? path : `${path}?${query}`,
      body,
      credential: as === undefined ? this.#credential : as,
    })
  }
}

/** What the walk goes over. */
export interface WalkWorld {
  walk: Walk
  /** A disk image that boots, or what passes for one. */
  disk: Uint8Array
  media: Uint8Array
  /** Waits until the agent of a running guest answers. */
  untilAgent(guest: string): Promise<void>
  /** Puts a file where PATCH of images looks. */
  layImport(kind: 'media' | 'disk', name: string, content: Uint8Array): Promise<void>
  /** A directory of the host for another storage pool. */
  directory: string
  /** Name of the cell. */
  cell: string
}
