import * as v from 'valibot'

export interface Envelope {
  error_code: 0
  message: ''
  data: unknown
}

/** Success as this dialect writes it; without a payload `data` is the empty string. */
export const envelope = (data: unknown): Envelope => ({ error_code: 0, message: '', data: data ?? '' })

/** Ends in a newline, as the original does, for those who read it in a terminal. */
export const encode = (body: unknown): string => `${JSON.stringify(body)}\n`

/** The schema of a failure. */
export const errorSchema = v.pipe(
  v.object({
    error_code: v.literal(500),
    message: v.pipe(v.string(), v.description('What was wrong and what to do, in sentences.')),
    data: v.object({}),
    code: v.pipe(v.string(), v.description('For programs, e.g. `not_found`, `busy`.')),
    field: v.optional(v.pipe(v.string(), v.description('Path of the offending input, e.g. `disks[0]`.'))),
    details: v.optional(v.record(v.string(), v.unknown())),
    request_id: v.string(),
  }),
  v.metadata({ ref: 'Error' }),
)
