import { lookup } from 'node:dns/promises'
import { createConnection } from 'node:net'
import { AppError } from '../../core/errors.ts'
import { CommandError, run } from '../exec.ts'
import { failedWith } from './cluster.ts'
import { create, names, type RbdPool, remove } from './images.ts'

interface Endpoint {
  name: string
  port: number
}

const leastBytes = 256 * 1024 ** 2
const connectMs = 5_000

/** Asks one thing after the other, so that the first that fails is told by name, with its mend. */
export async function probePool(
  at: RbdPool,
  options: { monitors: readonly Endpoint[]; user: string; usage(): Promise<{ totalBytes: number }> },
): Promise<void> {
  await requireTools()
  await requireMonitor(options.monitors)
  await requirePool(at, options.user)
  await requireWriting(at, options.user)
  const { totalBytes } = await options.usage()
  if (totalBytes < leastBytes)
    throw refused(
      `the Ceph pool '${at.pool}' has room for ${totalBytes} bytes, and at least ${leastBytes} are needed`,
      {
        field: 'target',
      },
    )
}

const refused = (words: string, options: { field?: string; cause?: unknown } = {}) =>
  new AppError('unavailable', words, options)

/** `rbd` and `ceph` are named by exec where they are missing; QEMU's own part is a library of its own. */
async function requireTools(): Promise<void> {
  await run('rbd', ['--version'])
  await run('ceph', ['--version'])
  const { stdout } = await run('qemu-img', ['--help'])
  const formats = /Supported formats:(.*)/.exec(stdout)?.[1] ?? ''
  if (!/\brbd\b/.test(formats))
    throw refused('QEMU has no RBD driver here; mend it with: apt-get install qemu-block-extra', {
      field: 'type',
    })
}

/** One that answers is enough: the others may be down for a while. */
async function requireMonitor(monitors: readonly Endpoint[]): Promise<void> {
  const problems: string[] = []
  for (const monitor of monitors) {
    const problem = await reach(monitor)
    if (problem === undefined) return
    problems.push(problem)
  }
  throw refused(problems.join('; '), { field: 'monitors' })
}

async function reach({ name, port }: Endpoint): Promise<string | undefined> {
  try {
    await lookup(name)
  } catch (error) {
    return `the monitor '${name}' has no address: ${(error as Error).message}; correct its name or the DNS`
  }
  const problem = await connect(name, port)
  return problem && `nothing answers at ${name}:${port} (${problem}): is the monitor up, and the port open?`
}

const connect = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: connectMs })
    const end = (problem?: string) => {
      socket.destroy()
      resolve(problem)
    }
    socket.once('connect', () => end())
    socket.once('timeout', () => end(`no answer in ${connectMs / 1000} s`))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })

async function requirePool(at: RbdPool, user: string): Promise<void> {
  try {
    await names(at)
  } catch (error) {
    const words = error instanceof CommandError ? error.stderr : ''
    if (/error opening pool/.test(words) && failedWith(error, 2))
      throw refused(
        `the Ceph cluster has no pool '${at.pool}'; make it with: ceph osd pool create ${at.pool}`,
        {
          field: 'target',
          cause: error,
        },
      )
    if (failedWith(error, 1) || failedWith(error, 13)) throw notAllowed(at, user, 'read', error)
    throw error
  }
}

const notAllowed = ({ pool }: RbdPool, user: string, what: string, cause: unknown) =>
  refused(
    `the Ceph user '${user || 'admin'}' may not ${what} in pool '${pool}'; mend it with: ceph auth caps client.${user || 'admin'} ` +
      `mon 'profile rbd' osd 'profile rbd pool=${pool}' mgr 'profile rbd pool=${pool}'`,
    { field: 'user', cause },
  )

/** A real image, since rights to list say nothing of rights to write. */
async function requireWriting(at: RbdPool, user: string): Promise<void> {
  const name = 'nacelle-probe.partial'
  try {
    await remove(at, name)
    await create(at, name, 4 << 20)
    await remove(at, name)
  } catch (error) {
    if (failedWith(error, 1) || failedWith(error, 13) || failedWith(error, 30))
      throw notAllowed(at, user, 'write (it is read-only)', error)
    throw error
  }
}
