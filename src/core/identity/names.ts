import { invalid } from '../errors.ts'

/** Names of those who are no users, and what a path would swallow. */
const reserved = new Set(['system', 'anonymous', 'root', '.', '..'])
const rule = /^[0-9A-Za-z\-_.]{1,64}$/

/** Names of users, groups and roles. Throws `invalid` with the field. */
export function checkName(field: string, name: string): void {
  if (!rule.test(name))
    throw invalid(
      field,
      `'${name.slice(0, 80)}' is no name for this: it may hold letters, digits, '-', '_' and '.', 1 to 64 of them`,
    )
  if (reserved.has(name)) throw invalid(field, `the name '${name}' is reserved`)
}

/** Texts for people: no control characters, at most `limit` characters. */
export function checkText(field: string, text: string, limit = 128): void {
  if (text.length > limit) throw invalid(field, `at most ${limit} characters, not ${text.length}`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) throw invalid(field, 'control characters are not allowed')
}
