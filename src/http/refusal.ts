import { AppError, type ErrorCode, type ErrorOptions } from '../core/errors.ts'

/** What HTTP itself refuses (wrong method, body too large): an error with a status and headers of its own. */
export class HttpRefusal extends AppError {
  readonly status: number
  readonly headers: Record<string, string>

  constructor(status: number, message: string, options: RefusalOptions = {}) {
    super(options.code ?? 'invalid', message, options)
    this.name = 'HttpRefusal'
    this.status = status
    this.headers = options.headers ?? {}
  }
}

export interface RefusalOptions extends ErrorOptions {
  code?: ErrorCode
  headers?: Record<string, string>
}

export const unknownPath = (method: string, path: string) =>
  new HttpRefusal(404, `There is nothing at '${method} ${path}'; /api-docs lists what there is.`, {
    code: 'not_found',
  })

export const wrongMethod = (method: string, path: string, allowed: readonly string[]) =>
  new HttpRefusal(405, `'${path}' does not take ${method}; it takes ${allowed.join(', ')}.`, {
    headers: { Allow: allowed.join(', ') },
    details: { allowed: [...allowed] },
  })
