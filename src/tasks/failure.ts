import { AppError } from '../core/errors.ts'
import type { TaskError, TaskView } from './saga.ts'

const longestText = 2_000

/** What a task keeps of an error: code, message, field, and the command that failed, where there was one. */
export function failureOf(error: unknown): TaskError {
  const known = error instanceof AppError ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: known?.code ?? 'internal',
    message: message.slice(0, longestText),
    ...(known?.field === undefined ? {} : { field: known.field }),
    ...commandOf(error),
  }
}

/**
 * The same for those who do not look after the host: no command lines, and of a failure that is none of ours no words
 * either, since they may hold anything.
 */
export function publicFailure(task: Pick<TaskView, 'id' | 'step'>, error: TaskError): TaskError {
  const { code, message, field } = error
  if (code !== 'internal') return { code, message, ...(field === undefined ? {} : { field }) }
  const where = task.step === null ? '' : ` at step '${task.step}'`
  return { code, message: `the host failed${where}; its operators see the reason in task ${task.id}` }
}

/** The command that failed: of the error itself, of its details, or of what caused it. */
function commandOf(error: unknown): Pick<TaskError, 'command' | 'stderr'> {
  for (let depth = 0; error instanceof Error && depth < 8; depth++, error = error.cause) {
    const details = error instanceof AppError ? error.details : undefined
    const command = commandLine(error) ?? commandLine(details)
    if (command !== undefined) return { command, ...stderrOf(error) }
  }
  return {}
}

/** The end of it: what a tool says last is why it gave up. */
function stderrOf(error: Error): Pick<TaskError, 'stderr'> {
  const { stderr } = error as { stderr?: unknown }
  const text = typeof stderr === 'string' ? stderr.trim() : ''
  return text === '' ? {} : { stderr: text.slice(-longestText) }
}

function commandLine(holder: object | undefined): string | undefined {
  const { command, args } = (holder ?? {}) as { command?: unknown; args?: unknown }
  const words = [command, ...(Array.isArray(args) ? args : [])].flat()
  if (words.length === 0 || !words.every((word) => typeof word === 'string')) return undefined
  return words.length === 1 ? words[0] : words.map(quoted).join(' ')
}

/** As a person would type it into a shell. */
const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
