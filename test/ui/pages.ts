// The built pages: made anew when their sources are newer, by one test file at a time.
import { execFile } from 'node:child_process'
import { glob, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..', '..')
const dist = join(root, 'dist')
const built = join(dist, 'web')
const lock = join(dist, 'web.lock')
const sources = ['web/src/**/*.{ts,tsx,css,json}', 'web/public/**', 'web/*.{html,ts}', 'package-lock.json']
const buildLimitMs = 180_000
const run = promisify(execFile)

/**
 * Calls `read` while `dist/web` is whole and not older than its sources; nobody builds meanwhile. With
 * `NACELLE_TEST_PAGES=as-built` what lies there is taken as it is.
 */
export async function withBuiltPages<T>(read: () => Promise<T>): Promise<T> {
  await takeLock()
  try {
    if (process.env['NACELLE_TEST_PAGES'] !== 'as-built' && !(await isCurrent())) await build()
    return await read()
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

async function isCurrent(): Promise<boolean> {
  const page = await stat(join(built, 'index.html')).catch(() => undefined)
  if (page === undefined) return false
  for await (const file of glob(sources, { cwd: root })) {
    if (/\.test\.tsx?$/.test(file)) continue
    const found = await stat(join(root, file)).catch(() => undefined)
    if (found !== undefined && found.mtimeMs > page.mtimeMs) return false
  }
  return true
}

async function build(): Promise<void> {
  const script = join(root, 'src', 'packaging', 'build', 'pages.ts')
  try {
    await run(process.execPath, [script], { cwd: root, timeout: buildLimitMs })
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
    throw new Error(`the pages could not be built: ${stderr || stdout || message}`)
  }
}

async function takeLock(): Promise<void> {
  await mkdir(dist, { recursive: true })
  for (;;) {
    const mine = await mkdir(lock).then(
      () => true,
      () => false,
    )
    if (mine) return writeFile(join(lock, 'pid'), String(process.pid))
    if (await isAbandoned()) await rm(lock, { recursive: true, force: true })
    else await delay(200)
  }
}

/** Its process is gone, or it was ended before it could say who it is. */
async function isAbandoned(): Promise<boolean> {
  const pid = Number(await readFile(join(lock, 'pid'), 'utf8').catch(() => '0'))
  if (pid > 0) return !isAlive(pid)
  const since = await stat(lock).catch(() => undefined)
  return since !== undefined && Date.now() - since.mtimeMs > 5_000
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
