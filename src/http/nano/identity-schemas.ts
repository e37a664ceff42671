import * as v from 'valibot'

/** Schemas that the operations of users, groups, roles, sessions, logs and the journal share. */

export const text = (description: string) => v.pipe(v.string('must be text'), v.description(description))

export const texts = (description: string) =>
  v.pipe(v.array(v.string('must be text'), 'must be a list of texts'), v.description(description))

export const whole = (description: string, minimum = 0, maximum = Number.MAX_SAFE_INTEGER) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(minimum, `must be at least ${minimum}`),
    v.maxValue(maximum, `must be at most ${maximum}`),
    v.description(description),
  )

/** A whole number in a query, where everything is text. */
export const wholeText = (description: string, minimum: number, maximum: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, 'must be a whole number'),
    v.transform(Number),
    v.minValue(minimum, `must be at least ${minimum}`),
    v.maxValue(maximum, `must be at most ${maximum}`),
    v.description(description),
  )

const timeForm = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/

/** A time in a query, as milliseconds; without a zone it is UTC. */
export const timeQuery = (description: string) =>
  v.pipe(
    v.string(),
    v.regex(timeForm, "must be a time like '2026-01-31 14:57:39' (UTC) or '2026-01-31T14:57:39+01:00'"),
    v.transform((value) => Date.parse(toIso(value))),
    v.check((time) => !Number.isNaN(time), 'must be a time that exists'),
    v.description(description),
  )

function toIso(value: string): string {
  const [, day, time, zone] = /^(\S{10})(?:[T ](\d\d:\d\d[\d:.]*)(Z|[+-]\d\d:\d\d)?)?$/.exec(value) ?? []
  return `${day}T${time ?? '00:00'}${zone ?? 'Z'}`
}

export const nameParams = v.object({ name: text('Name.') })
