// Calls and answers between the appliance (guarded-store.ts) and the worker (serve.ts).
import { AppError, type ErrorCode } from '../../core/errors.ts'

/** To the worker. */
export type Request =
  | { call: number; method: string; args: unknown[] }
  /** Aborts the signal of a call. */
  | { cancel: number }

/** From the worker. */
export type Reply =
  | { call: number; result: unknown }
  | { call: number; error: WireError }
  | { call: number; percent: number }
  /** The file system has just answered. */
  | { alive: true }

export interface WireError {
  /** Of an AppError; left out for any other. */
  code?: ErrorCode
  message: string
  field?: string
  details?: Record<string, unknown>
  /** The system's own code, e.g. ENOSPC. */
  errno?: string
}

export function errorToWire(error: unknown): WireError {
  if (error instanceof AppError) {
    const { code, message, field, details } = error
    return { code, message, ...(field ? { field } : {}), ...(details ? { details } : {}) }
  }
  const { message, code } = error as NodeJS.ErrnoException
  return { message: String(message), ...(typeof code === 'string' ? { errno: code } : {}) }
}

export function errorFromWire({ code, message, field, details, errno }: WireError): Error {
  if (code)
    return new AppError(code, message, { ...(field ? { field } : {}), ...(details ? { details } : {}) })
  return Object.assign(new Error(message), errno ? { code: errno } : {})
}
