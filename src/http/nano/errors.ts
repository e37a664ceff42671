import { AppError, type ErrorCode, InternalError } from '../../core/errors.ts'
import { HttpRefusal } from '../refusal.ts'

/**
 * The true HTTP status of each code. Want of capacity is 409 and not 507: the caller can mend it (a smaller guest, a
 * purge, another pool), nothing is broken. What a back end cannot do is 422: understood, and refused for what it names.
 */
export const statusOf = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  busy: 409,
  insufficient_capacity: 409,
  precondition_failed: 412,
  unsupported: 422,
  precondition_required: 428,
  unavailable: 503,
} as const satisfies Record<ErrorCode, number>

export interface RenderedError {
  status: number
  headers: Record<string, string>
  body: ErrorEnvelope
}

export interface ErrorEnvelope {
  error_code: 500
  message: string
  data: Record<string, never>
  code: ErrorCode | 'internal'
  field?: string
  details?: Record<string, unknown>
  request_id: string
}

/** `legacy` is a caller that sends `Nano-Session`: it reads the body only when the status is 200. */
export function renderError(error: unknown, requestId: string, legacy: boolean): RenderedError {
  const known = error instanceof AppError ? error : undefined
  const told = known ?? (error instanceof InternalError ? error : undefined)
  const body: ErrorEnvelope = {
    error_code: 500,
    message:
      told === undefined
        ? `Internal error; the log tells more about request '${requestId}'.`
        : sentence(told.message, known?.field),
    data: {},
    code: known?.code ?? 'internal',
    ...(known?.field === undefined ? {} : { field: known.field }),
    ...(told?.details === undefined ? {} : { details: told.details }),
    request_id: requestId,
  }
  return { status: legacy ? 200 : httpStatus(error), headers: headersOf(known), body }
}

export function httpStatus(error: unknown): number {
  if (error instanceof HttpRefusal) return error.status
  if (!(error instanceof AppError)) return 500
  const limited = error.code === 'forbidden' || error.code === 'unauthenticated'
  return limited && retryAfter(error) !== undefined ? 429 : statusOf[error.code]
}

function headersOf(error: AppError | undefined): Record<string, string> {
  const headers: Record<string, string> = error instanceof HttpRefusal ? { ...error.headers } : {}
  if (error?.code === 'unauthenticated') headers['WWW-Authenticate'] = 'Bearer'
  const seconds = error === undefined ? undefined : retryAfter(error)
  if (seconds !== undefined) headers['Retry-After'] = String(Math.ceil(seconds))
  return headers
}

/** Set by whoever limits a rate, e.g. that of logins. */
function retryAfter(error: AppError): number | undefined {
  const seconds = error.details?.['retryAfterSeconds']
  return typeof seconds === 'number' ? seconds : undefined
}

/** Anything else with a letter in front (`disks[0]`, `network_address`, `qemu-img`) is an identifier. */
const plainWord = /^[a-z]+(?=[ ,;]|: |$)/

/**
 * Messages are written as they fall; they are shown as sentences. What begins with an identifier (the name of a field, of
 * a command, of a setting) keeps it as it is spelt.
 */
function sentence(message: string, field?: string): string {
  const first = plainWord.exec(message)?.[0]
  const isName = first === undefined || first === field || isRootOf(first, field) || identifiers.has(first)
  const text = isName ? message : message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** `disks` of `disks[0]`, `qos` of `qos.read_speed`. */
const isRootOf = (word: string, field: string | undefined): boolean =>
  field?.startsWith(word) === true && /^[.[]/.test(field.slice(word.length))

/** Programs that messages may begin with, though they look like words. */
const identifiers: ReadonlySet<string> = new Set(['virsh', 'rbd', 'iscsiadm', 'mount', 'nft', 'ip', 'qemu'])
