// Mounts by mount(8) and umount(8), and what is mounted by the kernel's own list: no call here touches a mounted pool.
import { access, chmod, mkdir, readFile, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '../../core/errors.ts'
import { missingTool } from '../command.ts'
import { CommandError, run } from '../exec.ts'

export interface MountRequest {
  host: string
  /** Path of the export. */
  target: string
  /** Joined by commas. */
  options: string
  directory: string
}

const mountMs = 45_000
const unmountMs = 10_000
// QEMU's own account passes through to the disks that libvirt hands to it.
const passOnly = 0o711
const helpers = ['/sbin/mount.nfs', '/usr/sbin/mount.nfs']

/** What is mounted at a directory, as the kernel says: `nas:/srv`; undefined when nothing is. */
export async function mountedAt(
  directory: string,
  list = '/proc/self/mountinfo',
): Promise<string | undefined> {
  const lines = (await readFile(list, 'utf8')).split('\n').reverse()
  for (const line of lines) {
    const [fields = '', rest = ''] = line.split(' - ')
    if (unescaped(fields.split(' ')[4] ?? '') === directory) return unescaped(rest.split(' ')[1] ?? '')
  }
  return undefined
}

/** Blanks and the like stand there as `\040`. */
const unescaped = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

export const sourceText = ({ host, target }: Pick<MountRequest, 'host' | 'target'>): string =>
  `${host.includes(':') ? `[${host}]` : host}:${target}`

/** Mounts unless it is mounted; throws `unavailable` with what exactly is wrong. */
export async function mountNfs(request: MountRequest): Promise<void> {
  const { directory, options } = request
  const found = await mountedAt(directory)
  if (found === sourceText(request)) return
  if (found !== undefined) await unmountNfs(directory)
  await requireHelper()
  await mkdir(directory, { recursive: true, mode: passOnly })
  for (const path of [dirname(directory), directory]) await chmod(path, passOnly)
  try {
    const words = ['-t', 'nfs', '-o', options, sourceText(request), directory]
    await run('mount', words, { timeoutMs: mountMs })
  } catch (error) {
    throw mountFailure(error, request)
  }
}

/** Also where the server is lost; repeatable. The empty directory goes too. */
export async function unmountNfs(directory: string): Promise<void> {
  for (let attempt = 0; (await mountedAt(directory)) !== undefined; attempt++) {
    if (attempt === 3) throw new AppError('busy', `${directory} is mounted still: something holds it open`)
    // Forced, so that what waits for a lost server is given up; lazily, when that is not enough.
    const words = attempt === 0 ? ['-c'] : ['-c', '-f', '-l']
    await run('umount', [...words, directory], { timeoutMs: unmountMs }).catch((error: unknown) => {
      if (!(error instanceof CommandError)) throw error
    })
  }
  await rmdir(directory).catch(() => undefined)
}

async function requireHelper(): Promise<void> {
  for (const path of helpers)
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return
  throw missingTool('mount.nfs')
}

const said: [RegExp, (request: MountRequest) => string][] = [
  [/No such device|unknown filesystem type/, () => 'this kernel has no NFS client (module nfs)'],
  [
    /reason given by server: No such file or directory/,
    ({ target }) => `it exports no '${target}': see \`showmount -e\`, or /etc/exports there`,
  ],
  [
    /access denied by server|Operation not permitted/,
    ({ target }) => `it does not export '${target}' to this host: add it to the export's clients`,
  ],
  [
    /requested NFS version or transport protocol is not supported|Protocol not supported/,
    () => "it does not speak this version of NFS: set the pool's option 'vers', e.g. vers=4.1",
  ],
  [
    /rpc\.statd is not running/,
    () => 'NFS 3 needs rpc.statd for its locks: start it (systemctl start rpc-statd), or use vers=4.2',
  ],
  [/Connection refused/, () => 'its NFS service does not run: connection refused'],
  [/Connection timed out|No route to host/, () => 'it does not answer'],
  [
    /incorrect mount option|invalid argument|Invalid argument/,
    ({ options }) => `the options '${options}' are not understood`,
  ],
]

/** What mount(8) says, in words that name the mend. */
export function mountFailure(error: unknown, request: MountRequest): unknown {
  if (!(error instanceof CommandError)) return error
  const text = `${error.stderr}\n${error.stdout}`
  const words = error.timedOut
    ? 'it does not answer'
    : said.find(([pattern]) => pattern.test(text))?.[1](request)
  const line = text.trim().split('\n')[0] ?? ''
  return new AppError(
    'unavailable',
    `the NFS export ${sourceText(request)} cannot be mounted: ${words ?? line}`,
    { cause: error },
  )
}
