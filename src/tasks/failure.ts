import { AppError } from '../core/errors.ts'
import type { TaskView } from './saga.ts'

export type Failure = NonNullable<TaskView['error']>

const longestMessage = 2_000

/** What a task keeps of an error: code, message, field, and the command that failed, where there was one. */
export function failureOf(error: unknown): Failure {
  const known = error instanceof AppError ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  const command = commandOf(error)
  return {
    code: known?.code ?? 'internal',
    message: message.slice(0, longestMessage),
    ...(known?.field === undefined ? {} : { field: known.field }),
    ...(command === undefined ? {} : { command }),
  }
}

/** The failing command line: of the error itself, of its details, or of what caused it. */
function commandOf(error: unknown): string | undefined {
  for (let depth = 0; error instanceof Error && depth < 8; depth++, error = error.cause) {
    const details = error instanceof AppError ? error.details : undefined
    const found = commandLine(error) ?? commandLine(details)
    if (found !== undefined) return found
  }
  return undefined
}

function commandLine(holder: object | undefined): string | undefined {
  const { command, args } = (holder ?? {}) as { command?: unknown; args?: unknown }
  const words = [command, ...(Array.isArray(args) ? args : [])].flat()
  if (words.length === 0 || !words.every((word) => typeof word === 'string')) return undefined
  return words.length === 1 ? words[0] : words.map(quoted).join(' ')
}

/** As a person would type it into a shell. */
const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
