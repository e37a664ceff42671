import { keepPreviousData, useQuery } from '@tanstack/react-query'
import * as v from 'valibot'
import { call, type PathOf, type Request } from './client.ts'
import { ApiError } from './errors.ts'
import type { components } from './schema.d.ts'

/** Steps in their order, each with its effects: `{effect, commands?, space?: {pool, bytes}, affects?}`. */
export type PlanSteps = components['schemas']['TaskDetails']['plan']
export type PlanEffect = PlanSteps[number]['effects'][number]

const effect = v.object({
  effect: v.string(),
  commands: v.optional(v.array(v.array(v.string()))),
  space: v.optional(v.object({ pool: v.string(), bytes: v.number() })),
  affects: v.optional(v.array(v.string())),
})
const planned = v.object({ plan: v.array(v.object({ step: v.string(), effects: v.array(effect) })) })

type Changing = 'put' | 'post' | 'delete' | 'patch'

/** What a change would do, without doing it. Throws an `ApiError` for what the change itself would be refused for. */
export async function askPlan<M extends Changing, P extends PathOf<M>>(
  method: M,
  path: P,
  request: Request<P, M> = {},
): Promise<PlanSteps> {
  const params: { query?: object } = request.params ?? {}
  const dry = { ...request, params: { ...params, query: { ...params.query, dry_run: true } } }
  const answer: unknown = await call(method, path, dry as unknown as Request<P, M>)
  return v.parse(planned, answer).plan
}

/**
 * The plan of a change that a person is about to make, asked anew for each other request; `request` undefined: nothing is asked
 * yet. While the next one comes the last one stays, with `isPlaceholderData`.
 */
export const usePlan = <M extends Changing, P extends PathOf<M>>(
  method: M,
  path: P,
  request: Request<P, M> | undefined,
) =>
  useQuery<PlanSteps, ApiError | Error>({
    queryKey: ['plan', method, path, request ?? null],
    queryFn: ({ signal }) => askPlan(method, path, { ...request, signal }),
    enabled: request !== undefined,
    placeholderData: keepPreviousData,
    // What was true a moment ago may be refused now, and a password in a body is kept no longer than it is needed.
    staleTime: 0,
    gcTime: 0,
  })

/** The one input that a plan was refused for. */
export const refusedField = (error: unknown): string | undefined =>
  error instanceof ApiError ? error.field : undefined
