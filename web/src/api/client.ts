import createClient from 'openapi-fetch'
import { ApiError, connectionLost } from './errors.ts'
import type { paths } from './schema.d.ts'

/** Statuses with which the API answers what it was asked for: a thing that is still being made comes as 201 or 202. */
type Good = 200 | 201 | 202
type Method = 'get' | 'put' | 'post' | 'delete' | 'patch'
type OperationOf<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>
type ContentOf<R> = R extends { content: { 'application/json': infer C } } ? C : never
type Envelope<O> = O extends { responses: infer R } ? ContentOf<R[keyof R & Good]> : never

/** Paths that have the method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, object> ? P : never
}[keyof paths]

/** What is in the envelope of a good answer. */
export type Answer<P extends keyof paths, M extends Method> =
  Envelope<OperationOf<P, M>> extends { data?: infer D } ? D : undefined

type Parameters<O> = O extends { parameters: infer P } ? P : never
type Given<T> = { [K in keyof T as T[K] extends undefined ? never : K]: T[K] }
type Body<O> = O extends { requestBody?: { content: { 'application/json': infer B } } } ? B : never

/** `params` (`path`, `query`, `header`) and `body`, as the document has them. */
export interface Request<P extends keyof paths, M extends Method> {
  params?: Partial<Given<Parameters<OperationOf<P, M>>>>
  body?: Body<OperationOf<P, M>>
  headers?: Record<string, string>
  signal?: AbortSignal
}

const client = createClient<paths>({ baseUrl: '/api/v1' })

/**
 * Asks the appliance; gives what is in the envelope. Throws an `ApiError` with the appliance's own words, or one of code
 * `unreachable` where it did not answer.
 */
export async function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  request: Request<P, M> = {},
): Promise<Answer<P, M>> {
  const send = client.request as unknown as (
    method: string,
    path: string,
    init: object,
  ) => Promise<{ data?: { data?: unknown }; error?: unknown; response: Response }>
  const { data, error, response } = await send(method, path, request).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw connectionLost(cause)
  })
  if (error !== undefined || !response.ok) throw ApiError.of(response, error)
  return data?.data as Answer<P, M>
}
