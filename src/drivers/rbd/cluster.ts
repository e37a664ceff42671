// How commands reach a Ceph cluster: a private configuration and key file, deadlines, errors that people can act on.
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/errors.ts'
import { CommandError, type RunOptions, run } from '../exec.ts'

export interface ClusterAccess {
  monitors: readonly { name: string; port: number }[]
  /** cephx user without `client.`; empty where the cluster asks for none. */
  user: string
  /** cephx key; stands in the key file and nowhere else. */
  key: string | null
  /** Private directory for the two files. */
  directory: string
}

export interface Cluster {
  /** Runs `rbd`, `ceph` or `rados` and gives its stdout; failures become AppErrors where they are understood. */
  call(tool: 'rbd' | 'ceph' | 'rados', words: readonly string[], options?: RunOptions): Promise<string>
  /** The arguments of that call as they are run. */
  words(words: readonly string[]): string[]
  /** What QEMU's URIs need after `rbd:<pool>/<image>`. */
  uriTail(): Promise<string>
  /** The same without the files that it names being there. */
  plannedUriTail(): string
  /** Removes the files with the key. */
  forget(): Promise<void>
  /** For messages, e.g. `192.0.2.1:6789, 192.0.2.2:6789`. */
  name: string
}

/** Without an answer for so long, a command is ended: they wait for ever where placement groups or the mgr are missing. */
const deadlineMs = 30_000
/** After so long without a monitor a client gives up by itself. */
const mountSeconds = 10

export function openCluster(access: ClusterAccess): Cluster {
  const conf = join(access.directory, 'ceph.conf')
  const keyring = join(access.directory, 'keyring')
  const name = access.monitors.map(endpoint).join(', ')
  let written: Promise<void> | undefined
  const files = () => {
    written ??= writeFiles(access, { conf, keyring }).catch((error: unknown) => {
      written = undefined
      throw error
    })
    return written
  }
  const identity = access.user === '' ? [] : ['--id', access.user]
  const wordsOf = (words: readonly string[]) => ['-c', conf, ...identity, ...words]
  const tail = `${access.user === '' ? '' : `:id=${escaped(access.user)}`}:conf=${escaped(conf)}`
  return {
    name,
    words: wordsOf,
    plannedUriTail: () => tail,
    async call(tool, words, options = {}) {
      await files()
      try {
        const limits = { timeoutMs: deadlineMs, ...options }
        return (await run(tool, wordsOf(words), limits)).stdout
      } catch (error) {
        throw understood(error, name, access.user)
      }
    },
    async uriTail() {
      await files()
      return tail
    },
    async forget() {
      written = undefined
      await rm(access.directory, { recursive: true, force: true })
    },
  }
}

const endpoint = ({ name, port }: { name: string; port: number }) =>
  name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`

/** QEMU's file name parser takes these for its own. */
const escaped = (text: string) => text.replaceAll(/[\\:@/=]/g, (sign) => (sign === '/' ? sign : `\\${sign}`))

async function writeFiles(access: ClusterAccess, paths: { conf: string; keyring: string }): Promise<void> {
  await mkdir(access.directory, { recursive: true, mode: 0o700 })
  await chmod(access.directory, 0o700)
  const { key, user } = access
  if (key !== null) await writePrivate(paths.keyring, `[client.${user}]\n\tkey = ${key}\n`)
  await writePrivate(paths.conf, configuration(access, paths.keyring))
}

function configuration({ monitors, key }: ClusterAccess, keyring: string): string {
  const lines = [
    `mon host = ${monitors.map(endpoint).join(',')}`,
    ...(key === null
      ? ['auth client required = none']
      : ['auth client required = cephx', `keyring = ${keyring}`]),
    `client mount timeout = ${mountSeconds}`,
    // Clones that need no protected parent, so that a snapshot under them can be deleted.
    'rbd default clone format = 2',
    'rbd move to trash on remove = false',
    'log file = /dev/null',
    'log to stderr = false',
    'admin socket =',
  ]
  return `[global]\n${lines.join('\n')}\n`
}

async function writePrivate(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`
  await rm(partial, { force: true })
  const file = await open(partial, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(partial, path)
}

/** The exit codes of `rbd` are error numbers of the operating system; some of them always mean the same. */
export function understood(error: unknown, cluster: string, user: string): unknown {
  if (!(error instanceof CommandError)) return error
  const { stderr, exitCode, timedOut } = error
  const say = (code: 'unavailable' | 'insufficient_capacity', words: string) =>
    new AppError(code, words, { cause: error })
  if (timedOut || exitCode === 110)
    return say('unavailable', `the Ceph cluster at ${cluster} does not answer: are its monitors and OSDs up?`)
  if (/couldn't connect to the cluster|error connecting to the cluster/i.test(stderr))
    return say(
      'unavailable',
      `the Ceph cluster at ${cluster} refuses user '${user || 'admin'}': the user or its key is wrong, ` +
        'see `ceph auth get client.<user>`',
    )
  if (exitCode === 28 || exitCode === 122 || /\((28|122)\) /.test(stderr))
    return say('insufficient_capacity', `the Ceph pool at ${cluster} is full`)
  return error
}

/** Whether the command failed with this error number of the operating system. */
export const failedWith = (error: unknown, code: number): boolean =>
  error instanceof CommandError && error.exitCode === code
