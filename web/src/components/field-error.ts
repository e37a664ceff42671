import { ApiError } from '../api/errors.ts'

/** What the appliance says of one field; undefined where it is about something else. */
export const fieldError = (error: unknown, field: string): string | undefined =>
  error instanceof ApiError && error.field === field ? error.message : undefined

/** The error for the foot of a form: those of its fields stand below these. */
export const otherError = (error: unknown, fields: readonly string[]): unknown =>
  error instanceof ApiError && error.field !== undefined && fields.includes(error.field) ? null : error
