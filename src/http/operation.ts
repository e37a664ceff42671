import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type * as v from 'valibot'
import type { OperationContext } from '../core/context.ts'
import type { Permission } from '../core/identity/permissions.ts'

/**
 * One operation of an API, as data: routes, validation, the rule of access and the OpenAPI document all come from it,
 * so that none can drift. A dialect is a list of these and a renderer.
 */
export interface Operation {
  /** `guest.create`; also the operationId. */
  id: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `:name` parameters and without a trailing slash; both slash forms are served. */
  path: string
  /** Older or other spellings of the same path. */
  aliases?: readonly string[]
  summary: string
  description?: string
  tag: string
  params?: ObjectSchema
  query?: ObjectSchema
  body?: v.GenericSchema
  /** Of a streamed request body (upload), which the handler reads itself from `request.incoming`. */
  bodyType?: 'json' | 'stream'
  /** The payload (`data`). Left out where the operation answers without one, or with a stream. */
  reply?: v.GenericSchema
  /** Content type of a streamed reply. */
  replyType?: string
  /** Statuses of success, the usual one first. */
  status?: readonly number[]
  /**
   * `public`: no credential is needed. `session`: any principal, about itself only. Else the permission that the handler's
   * service checks; the server refuses a principal that has it in no form (neither for all nor for its own).
   */
  access: 'public' | 'session' | Permission
  handle(op: OperationContext, request: OperationRequest): Promise<OperationReply> | OperationReply
}

// biome-ignore lint/complexity/noBannedTypes: an object schema's entries are of any shape here
export type ObjectSchema = v.GenericSchema<{}, {}>

export interface OperationRequest<P = Record<string, string>, Q = Record<string, unknown>, B = unknown> {
  params: P
  query: Q
  body: B
  /** Lower-case header names. */
  header(name: string): string | undefined
  /** The raw request, for uploads. */
  incoming: IncomingMessage
  /** Which mount the request came by: `/api/v1` or `` (root). */
  base: string
}

export interface OperationReply {
  data?: unknown
  status?: number
  headers?: Record<string, string>
  /** Bytes instead of an envelope. */
  stream?: Readable
  /** Sets the session cookie of browsers (at login, at renewal); null clears it (at logout). */
  session?: { secret: string; maxAgeSeconds: number } | null
}

type Infer<S> = S extends v.GenericSchema ? v.InferOutput<S> : undefined

interface TypedOperation<
  P extends ObjectSchema | undefined,
  Q extends ObjectSchema | undefined,
  B extends v.GenericSchema | undefined,
> extends Omit<Operation, 'params' | 'query' | 'body' | 'handle'> {
  params?: P
  query?: Q
  body?: B
  handle(
    op: OperationContext,
    request: OperationRequest<
      P extends ObjectSchema ? Infer<P> : Record<string, string>,
      Q extends ObjectSchema ? Infer<Q> : Record<string, unknown>,
      Infer<B>
    >,
  ): Promise<OperationReply> | OperationReply
}

/** Gives an operation its types: the handler sees what the schemas let through. */
export const operation = <
  P extends ObjectSchema | undefined = undefined,
  Q extends ObjectSchema | undefined = undefined,
  B extends v.GenericSchema | undefined = undefined,
>(
  spec: TypedOperation<P, Q, B>,
): Operation => spec as unknown as Operation
