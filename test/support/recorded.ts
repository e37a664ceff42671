import { readFile } from 'node:fs/promises'

export interface Recording {
  command: string
  exitCode: number
  output: string
}

/** Runs of a real program in test/recorded whose command begins so. */
export async function recorded(file: string, begin: string): Promise<Recording[]> {
  const text = await readFile(new URL(`../recorded/${file}`, import.meta.url), 'utf8')
  const parts = text.split(/^--- (.*) rc=(\d+)\n/m).slice(1)
  const found: Recording[] = []
  for (let at = 0; at + 2 < parts.length; at += 3)
    found.push({ command: parts[at]!, exitCode: Number(parts[at + 1]), output: parts[at + 2]! })
  return found.filter(({ command }) => command.startsWith(begin))
}
