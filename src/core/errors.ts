/**
 * The one error type that callers are meant to see. Anything else that is thrown is internal: it is logged with
 * its cause chain and shown as an internal error with the request id.
 */
export type ErrorCode =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'busy'
  | 'precondition_required'
  | 'precondition_failed'
  | 'insufficient_capacity'
  | 'unsupported'
  | 'unavailable'

export interface ErrorOptions {
  /** Path of the offending input, e.g. `disks[0]`. */
  field?: string
  /** What a program may want to read, e.g. the holder of a lock. Never a secret. */
  details?: Record<string, unknown>
  cause?: unknown
}

export class AppError extends Error {
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly details: Record<string, unknown> | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.field = options.field
    this.details = options.details
  }
}

/** A failure that is none of the caller's making, with words that he may read all the same. */
export class InternalError extends Error {
  readonly details: Record<string, unknown>

  constructor(message: string, options: { details: Record<string, unknown> }) {
    super(message)
    this.name = 'InternalError'
    this.details = options.details
  }
}

export const invalid = (field: string, message: string) => new AppError('invalid', message, { field })

export const notFound = (noun: string, key: string) =>
  new AppError('not_found', `there is no ${noun} '${key}'`, { details: { noun, key } })

export const hasCode = (error: unknown, code: ErrorCode): error is AppError =>
  error instanceof AppError && error.code === code
