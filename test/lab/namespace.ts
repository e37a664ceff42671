import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** How a command ended. `exitCode` is 128 + n when signal n ended it, as a shell would say. */
export type Outcome = { stdout: string; stderr: string; exitCode: number }

export type RunOptions = {
  /** Added to the environment of the test process; `undefined` removes a name. */
  env?: Record<string, string | undefined>
  /** Directory inside the lab; `/` by default, because nsenter leaves the old one. */
  cwd?: string
  /** Bytes or text for standard input; empty by default. */
  input?: string | Buffer
  /** Milliseconds before the command is killed; 60 000 by default. */
  timeoutMs?: number
  /** A non-zero exit is an answer instead of an error. */
  allowFailure?: boolean
}

export type SpawnOptions = Pick<RunOptions, 'env' | 'cwd'>

/** A long-running process inside a lab. */
export type LabProcess = {
  child: ChildProcess
  /** The pid as this machine sees it; the one to signal. */
  pid: number
  kill(signal: NodeJS.Signals): void
  /** Resolves with the exit code when the process has ended. */
  ended: Promise<number>
}

/** The words that put a command into the namespaces of `pid`. */
export function enter(pid: number, cwd = '/'): string[] {
  return ['-t', String(pid), '-m', '-u', '-i', '-n', '-p', `--wdns=${cwd}`, '--']
}

function environment(extra: RunOptions['env'], tempDir: string): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', TMPDIR: tempDir, ...extra }
}

/** Runs a command inside and waits for its end; rejects on a non-zero exit unless `allowFailure`. */
export function run(
  space: { pid: number; tempDir: string },
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const child = spawn('nsenter', [...enter(space.pid, options.cwd), command, ...args], {
    env: environment(options.env, space.tempDir),
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
  })
  child.stdin.on('error', () => undefined) // a command may end without reading
  child.stdin.end(options.input ?? '')
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const outcome = {
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
        exitCode: code ?? 137,
      }
      if (outcome.exitCode === 0 || options.allowFailure) return resolve(outcome)
      reject(new Error(`${[command, ...args].join(' ')}: exit ${outcome.exitCode}: ${outcome.stderr.trim()}`))
    })
  })
}

/** Starts a process inside; its standard output and error are pipes of `child`. */
export async function start(
  space: { pid: number; tempDir: string },
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<LabProcess> {
  const child = spawn('nsenter', [...enter(space.pid, options.cwd), command, ...args], {
    env: environment(options.env, space.tempDir),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 137))
  })
  // nsenter forks to enter the PID namespace and passes no signal on, so the child is the one to know.
  const pid = await firstChild(child.pid ?? 0)
  return { child, pid, kill: (signal) => signalIfAlive(pid, signal), ended }
}

/** The pid of the first child of `parent`, waiting up to two seconds for it. */
export async function firstChild(parent: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const text = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '')
    const pid = Number(text.trim().split(' ')[0])
    if (pid > 0) return pid
    await delay(10)
  }
  throw new Error(`process ${parent} ended before it had a child`)
}

export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** All pids of this machine that live in the PID namespace `namespaceId`, as this machine sees them. */
export async function processesIn(namespaceId: string): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    if ((await namespaceOf(Number(name))) === namespaceId) found.push(Number(name))
  }
  return found
}

/** The id of a process's PID namespace, or '' when the process has gone. */
export async function namespaceOf(pid: number): Promise<string> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => '')
}
