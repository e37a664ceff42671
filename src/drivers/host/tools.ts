import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import type { ToolFacts, ToolSpec } from '../../core/doctor/tools.ts'
import { childEnvironment } from '../command.ts'
import { CommandError, run } from '../exec.ts'
import { isThere } from './files.ts'

/** Where a program would be found when it is run; empty when it would not. */
export async function findProgram(name: string): Promise<string> {
  for (const directory of (childEnvironment()['PATH'] ?? '').split(':')) {
    const path = join(directory, name)
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  return ''
}

export async function toolFacts(
  { name, versionWords }: Pick<ToolSpec, 'name' | 'versionWords'>,
  signal: AbortSignal,
): Promise<ToolFacts> {
  const path = await findProgram(name)
  if (path === '') return { path, version: '', reason: '' }
  try {
    const { stdout, stderr } = await run(path, versionWords, { signal, timeoutMs: 15_000 })
    return { path, version: firstLine(stdout) || firstLine(stderr) || 'of no known version', reason: '' }
  } catch (error) {
    const words = error instanceof CommandError ? firstLine(error.stderr) || error.message : String(error)
    return { path, version: '', reason: words }
  }
}

const firstLine = (text: string): string => text.trim().split('\n')[0]?.trim() ?? ''

/** Those of the paths that do not exist. */
export async function missingFiles(paths: readonly string[]): Promise<string[]> {
  const there = await Promise.all(paths.map(isThere))
  return paths.filter((_, index) => !there[index])
}
