import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where built guests are kept between runs; safe to remove at any time. */
export const cacheDir = process.env['NACELLE_TEST_CACHE'] ?? '/var/cache/nacelle-test'

// $1 the file wanted, $2... the program that builds it, which gets the path to write as its first argument
const buildOnce =
  'set -e; final=$1; program=$2; shift 2; [ -e "$final" ] && exit 0;' +
  ' "$program" "$final.partial" "$@" >&2; mv "$final.partial" "$final"'

export type Recipe = {
  /** First part of the file name. */
  name: string
  /** A program called as `program OUT ARGS…`. */
  program: string
  args?: string[]
  /** Files whose content decides about the result, beside the program. */
  inputs?: string[]
  /** Debian packages whose versions decide about it. */
  packages?: string[]
  timeoutMs?: number
}

/** The built file of a recipe, built if no file of the same inputs is there. Several processes may ask at once. */
export async function cached(recipe: Recipe): Promise<string> {
  const { name, program, args = [] } = recipe
  await mkdir(cacheDir, { recursive: true, mode: 0o755 })
  const path = join(cacheDir, `${name}-${await fingerprint(recipe)}`)
  const words = [join(cacheDir, `${name}.lock`), 'bash', '-c', buildOnce, 'build', path, program, ...args]
  await succeed('flock', words, recipe.timeoutMs ?? 60_000)
  return path
}

async function fingerprint(recipe: Recipe): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(recipe.args ?? []))
  for (const file of [recipe.program, ...(recipe.inputs ?? [])]) hash.update(await readFile(file))
  if (recipe.packages?.length) {
    const words = ['--show', ...recipe.packages] // name, tab, version
    hash.update(await succeed('dpkg-query', words, 10_000))
  }
  return hash.digest('hex').slice(0, 16)
}

/** Runs a program of the machine (outside any lab) and answers its standard output; throws on failure. */
export async function succeed(command: string, args: string[], timeoutMs = 60_000): Promise<string> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
    timeout: timeoutMs,
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  const [code, signal] = await once(child, 'close')
  if (code === 0) return Buffer.concat(out).toString()
  const end = Buffer.concat(err).toString().slice(-2000)
  throw new Error(`${[command, ...args].join(' ')}: ${signal ?? `exit ${code}`}: ${end}`)
}
