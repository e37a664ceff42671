import { randomInt } from 'node:crypto'
import { chmod, chown, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { AppError } from '../../core/errors.ts'
import type { ImageInspector } from '../../core/volumes.ts'
import { CommandError, run } from '../exec.ts'
import { type ImageInfo, parseInfo } from './qemu-img.ts'

export interface InspectorOptions {
  /** Of the header alone; checking all metadata of a qcow2 may take ten times as long. */
  timeoutMs?: number
}

/**
 * Looks at bytes that come from strangers, by a process that can do nothing: an account that exists nowhere and owns
 * this one file for the moment, no capabilities, no network, no writing, bounded memory and CPU.
 */
export function createInspector(options: InspectorOptions = {}): ImageInspector {
  const timeoutMs = options.timeoutMs ?? 20_000
  return {
    async inspect(path) {
      if ((await stat(path)).size === 0) throw refused('it is empty')
      return lend(path, async (account) => {
        const look = (words: string[], limitMs: number) => confined(path, words, { account, limitMs })
        const info = await probe(look, timeoutMs)
        requireHarmless(info)
        if (info.format === 'qcow2') await requireSound(look, timeoutMs * 10)
        return { format: info.format, virtualSizeBytes: info.virtualSizeBytes }
      })
    },
  }
}

type Look = (words: string[], limitMs: number) => Promise<string>

async function probe(look: Look, limitMs: number): Promise<ImageInfo> {
  try {
    return parseInfo(await look(['info', '-U', '--output=json'], limitMs))
  } catch (error) {
    throw explained(error)
  }
}

/** Everything that would make QEMU open something else than the image itself. */
function requireHarmless(info: ImageInfo): void {
  if (info.format !== 'qcow2' && info.format !== 'raw')
    throw refused(
      `its format is ${info.format}; convert it to qcow2 or raw first (qemu-img convert -O qcow2)`,
    )
  if (info.backingPath !== null)
    throw refused('it stands on a backing file; flatten it first (qemu-img convert -O qcow2)')
  if (info.dataFile !== null) throw refused('it keeps its data in another file; flatten it first')
  if (info.encrypted) throw refused('it is encrypted')
  if (info.corrupt) throw refused('it is marked as corrupt')
}

async function requireSound(look: Look, limitMs: number): Promise<void> {
  try {
    await look(['check', '-q', '-U', '-f', 'qcow2'], limitMs)
  } catch (error) {
    // Exit code 3: clusters that nothing refers to, which only waste space.
    if (error instanceof CommandError && error.exitCode === 3) return
    throw explained(error)
  }
}

/** Only the tool's own failures are the image's fault. */
function explained(error: unknown): unknown {
  if (!(error instanceof CommandError)) return error
  if (error.timedOut) return refused('looking at it took too long', error)
  const line = error.stderr.trim().split('\n')[0] || 'its header or tables are broken'
  return refused(line.replace(/^qemu-img: (Could not open '[^']*': )?/, '').slice(0, 200), error)
}

const refused = (why: string, cause?: unknown) =>
  new AppError('invalid', `the image cannot be taken: ${why}`, { field: 'image', cause })

/** Number of an account that no user has. */
const freshAccount = () => 0x4000_0000 + randomInt(0x1000_0000)

/** Gives the file to a fresh account while `use` runs; without root there is nothing to drop. */
async function lend<T>(path: string, use: (account: number | null) => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return use(null)
  const { uid, gid, mode } = await stat(path)
  const account = freshAccount()
  await chmod(path, 0o400)
  await chown(path, account, account)
  try {
    return await use(account)
  } finally {
    await chown(path, uid, gid)
    await chmod(path, mode & 0o7777)
  }
}

const limits = ['--cpu=60', `--as=${1024 ** 3}`, '--fsize=0', '--core=0', '--nofile=64', '--nproc=64']

async function confined(
  path: string,
  words: readonly string[],
  how: { account: number | null; limitMs: number },
): Promise<string> {
  const { account, limitMs } = how
  // Relative to its own directory: the account cannot pass through the directories above.
  const command = ['prlimit', ...limits, '--', 'qemu-img', ...words, `./${basename(path)}`]
  const dropped = account === null ? command : [...isolation(account), ...command]
  const options = { cwd: dirname(path), timeoutMs: limitMs, maxOutputBytes: 1024 * 1024 }
  return (await run(dropped[0]!, dropped.slice(1), options)).stdout
}

const isolation = (account: number) => [
  ...['unshare', '--net', '--ipc', '--'],
  ...['setpriv', '--pdeathsig', 'KILL', '--reuid', String(account), '--regid', String(account)],
  ...['--clear-groups', '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all', '--'],
]
