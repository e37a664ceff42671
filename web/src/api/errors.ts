interface ErrorBody {
  message?: string
  code?: string
  field?: string
  details?: unknown
  request_id?: string
}

/** What the appliance refused, in its words. */
export class ApiError extends Error {
  readonly status: number
  /** E.g. `conflict`, `busy`, `invalid`; `unreachable` where nobody answered. */
  readonly code: string
  /** The one input that was wrong. */
  readonly field: string | undefined
  readonly details: unknown
  readonly requestId: string | undefined

  constructor(status: number, body: ErrorBody, cause?: unknown) {
    super(body.message ?? `HTTP ${status}`, { cause })
    this.name = 'ApiError'
    this.status = status
    this.code = body.code ?? 'internal'
    this.field = body.field
    this.details = body.details
    this.requestId = body.request_id
  }

  static of(response: Response, body: unknown): ApiError {
    const known = typeof body === 'object' && body !== null ? (body as ErrorBody) : {}
    const requestId = known.request_id ?? response.headers.get('x-request-id') ?? undefined
    return new ApiError(response.status, { ...known, ...(requestId ? { request_id: requestId } : {}) })
  }
}

export const connectionLost = (cause: unknown): ApiError => new ApiError(0, { code: 'unreachable' }, cause)

/** The session has ended, or there was none. */
export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401
