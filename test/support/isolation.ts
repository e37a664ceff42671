// Runs a program in a world that offers it as little as possible.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** What is taken away or given; by default root, no environment at all, the current directory. */
export interface World {
  /** Run as the user nobody, without groups. */
  unprivileged?: boolean
  env?: Record<string, string>
  /** Directories covered by an empty read-only file system. */
  readOnly?: string[]
  /** Directories covered by an empty, writable file system that forbids execution. */
  noExecution?: string[]
  /** Working directory; covered as in `readOnly` when it stands there too. */
  cwd: string
}

export interface Outcome {
  status: number | null
  stdout: string
  stderr: string
}

/** Starts `command` (absolute path and arguments) inside a mount namespace of its own. Needs root. */
export function start(world: World, command: string[]): ChildProcess {
  const mounts = [
    ...(world.readOnly ?? []).map((directory) => ['ro', directory]),
    ...(world.noExecution ?? []).map((directory) => ['noexec,mode=1777', directory]),
  ]
  // The directories and the command are arguments of the script, never part of its text.
  const script = `
    set -e
    cwd=$1; count=$2; shift 2
    while [ "$count" -gt 0 ]; do mount -t tmpfs -o "$1" none "$2"; shift 2; count=$((count - 1)); done
    cd "$cwd"
    exec "$@"`
  const user = world.unprivileged
    ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--no-new-privs']
    : []
  const environment = Object.entries(world.env ?? {}).map(([name, value]) => `${name}=${value}`)
  const inside = [...user, 'env', '--ignore-environment', ...environment, ...command]
  return spawn(
    'unshare',
    ['--mount', 'sh', '-c', script, 'sh', world.cwd, String(mounts.length), ...mounts.flat(), ...inside],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
}

/** Runs it to its end. */
export async function finish(world: World, command: string[]): Promise<Outcome> {
  const child = start(world, command)
  const outcome: Outcome = { status: null, stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk: Buffer) => {
    outcome.stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    outcome.stderr += chunk.toString()
  })
  const [status] = await once(child, 'close')
  return { ...outcome, status }
}
