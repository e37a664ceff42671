import * as v from 'valibot'
import { AppError } from '../core/errors.ts'

const mostIssuesShown = 20

/**
 * What the schema makes of the value. Throws `invalid` naming the first wrong field and the rule, all of them in
 * `details.issues`; the value itself is never in the message, since it may be a secret.
 */
export async function validate(
  schema: v.GenericSchema,
  value: unknown,
  place: 'path' | 'query' | 'body',
): Promise<unknown> {
  const list = listForObject(schema, value, [])
  if (list !== undefined) throw wrongList(list.join('.'), place)
  const result = await v.safeParseAsync(schema, value)
  if (result.success) return result.output
  const issues = result.issues.slice(0, mostIssuesShown).map(describe)
  const first = issues[0]
  const where = first === undefined || first.field === '' ? `The ${place}` : `'${first.field}'`
  throw new AppError('invalid', `${where} ${first?.message ?? 'is wrong'}.`, {
    field: first?.field === '' ? place : first?.field,
    details: { place, issues },
  })
}

type AnySchema = v.GenericSchema & { wrapped?: AnySchema; entries?: Record<string, AnySchema> }

/** Where a list stands for an object, which valibot takes for an empty one. */
function listForObject(schema: AnySchema, value: unknown, path: string[]): string[] | undefined {
  const { entries } = schema.wrapped ?? schema
  if (entries === undefined || typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return path
  for (const [key, entry] of Object.entries(entries)) {
    const found = listForObject(entry, (value as Record<string, unknown>)[key], [...path, key])
    if (found !== undefined) return found
  }
  return undefined
}

const wrongList = (field: string, place: string) =>
  new AppError('invalid', `${field === '' ? `The ${place}` : `'${field}'`} must be an object, not a list.`, {
    field: field || place,
    details: { place },
  })

function describe(issue: v.BaseIssue<unknown>): { field: string; message: string } {
  return { field: fieldPath(issue), message: ruleOf(issue) }
}

/** `disks[0].size`; empty for the value as a whole. */
function fieldPath(issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? []).reduce((path, { key }) => {
    if (typeof key === 'number') return `${path}[${key}]`
    return path === '' ? String(key) : `${path}.${String(key)}`
  }, '')
}

function ruleOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'is not known here'
  if (issue.input === undefined && /^"|^null$/.test(issue.expected ?? 'null')) return 'is missing'
  if (issue.input === undefined) return `is missing: ${wanted(issue)}`
  if (!isDefaultMessage(issue)) return issue.message.replace(/\.$/, '')
  return `is wrong: ${wanted(issue)}`
}

const wanted = (issue: v.BaseIssue<unknown>) =>
  issue.expected === null ? `it breaks the rule '${issue.type}'` : `${issue.expected} is expected`

// Valibot's own messages quote what was received; only messages that a schema's author wrote are safe to show.
const isDefaultMessage = (issue: v.BaseIssue<unknown>) =>
  issue.message.startsWith('Invalid ') && issue.message.endsWith(`eceived ${issue.received}`)
