// The only importer of node:child_process. Argument arrays, never a shell.
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { type Confinement, childEnvironment, masker, missingTool, saysMissing, wrap } from './command.ts'

interface LaunchOptions extends Confinement {
  signal?: AbortSignal
  /** Added to the small environment that children get (PATH, HOME, TMPDIR, LC_ALL=C). */
  env?: Record<string, string>
  cwd?: string
  /** Secret values that stand in the arguments or may be echoed: masked in errors. */
  redact?: readonly string[]
}

export interface RunOptions extends LaunchOptions {
  /** Default 30 s; 0 for none. Then SIGTERM to the process group, two seconds later SIGKILL. */
  timeoutMs?: number
  stdin?: string | Uint8Array
  /** Texts that the command reads as /dev/fd/3, /dev/fd/4 …: files without a name, so that no crash leaves one. */
  inputs?: readonly (string | Uint8Array)[]
  /** Most bytes of stdout, and of stderr; more ends the command with an error. Default 16 MiB. */
  maxOutputBytes?: number
  /** Sees the output as it comes, e.g. for progress. */
  onStdout?(text: string): void
  onStderr?(text: string): void
}

export interface RunResult {
  stdout: string
  stderr: string
}

/** Told of every child, synchronously from the caller's async context, so that a task can record its processes. */
export interface ProcessObserver {
  /** `args` may hold secrets: not for logs. */
  onSpawn(pid: number, command: string, args: readonly string[]): void
  onExit(pid: number): void
}

let observer: ProcessObserver = { onSpawn: () => undefined, onExit: () => undefined }

/** Installed once, by main. */
export function setProcessObserver(next: ProcessObserver): void {
  observer = next
}

const graceMs = 2_000
const lingerMs = 1_000
const defaultTimeoutMs = 30_000
const defaultOutputBytes = 16 * 1024 * 1024

/** A command that ran and failed. The message is one line; the whole output is in the fields. */
export class CommandError extends Error {
  readonly command: string
  readonly args: readonly string[]
  /** `null` when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Set when it was ended because its time was up. */
  readonly timedOut: boolean

  constructor(
    command: string,
    args: readonly string[],
    result: {
      exitCode: number | null
      signal: NodeJS.Signals | null
      stdout: string
      stderr: string
      /** Why we ended it ourselves; empty otherwise. */
      ended?: string
      timedOut?: boolean
    },
  ) {
    const how = result.ended || (result.signal ? `signal ${result.signal}` : `exit code ${result.exitCode}`)
    super(`${[command, ...args.slice(0, 4)].join(' ').slice(0, 200)}: ${how}: ${firstWords(result)}`)
    this.name = 'CommandError'
    this.command = command
    this.args = args
    this.exitCode = result.exitCode
    this.signal = result.signal
    this.stdout = result.stdout
    this.stderr = result.stderr
    this.timedOut = result.timedOut ?? false
  }
}

function firstWords(result: { stdout: string; stderr: string }): string {
  const text = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(0, 2).join(' ')
  return text.slice(0, 300) || 'no output'
}

/** A child that lives on: a pipe, a watcher, an interactive shell of a tool. */
export interface LongProcess {
  pid: number
  stdin: Writable
  stdout: Readable
  /** Tail of what it wrote to stderr, up to 64 KiB. */
  stderr(): string
  /** Resolves when it has ended and its pipes are closed; never rejects. */
  exited: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>
  /** SIGTERM to its group, SIGKILL two seconds later; resolves when it is gone. */
  stop(): Promise<void>
}

/**
 * Runs a command to its end. Throws CommandError on a non-zero exit, a signal, time-out or too much output, the
 * signal's reason when aborted, and `unavailable` when the program is not installed.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  options.signal?.throwIfAborted()
  const files = await unnamedFiles(options.inputs ?? [])
  try {
    return await runToEnd(launch(command, args, options, files), command, args, options)
  } finally {
    for (const file of files) await file.close()
  }
}

async function runToEnd(
  child: ChildProcess,
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const ending = new Ending(child)
  const limit = options.maxOutputBytes ?? defaultOutputBytes
  const stdout = collect(child.stdout!, limit, ending, options.onStdout)
  const stderr = collect(child.stderr!, limit, ending, options.onStderr)
  child.stdin!.end(options.stdin ?? '')
  const stopWatching = ending.watch(options.timeoutMs ?? defaultTimeoutMs, options.signal)
  try {
    const { exitCode, signal } = await settled(child)
    if (exitCode === 0 && ending.why === '') return { stdout: stdout(), stderr: stderr() }
    options.signal?.throwIfAborted()
    if (saysMissing(exitCode, stderr())) throw missingTool(command)
    throw failure(command, args, options, { exitCode, signal, stdout: stdout(), stderr: stderr(), ending })
  } catch (error) {
    throw isMissing(error) ? missingTool(command) : error
  } finally {
    stopWatching()
  }
}

/** Starts a child that lives until it ends by itself, is stopped, or the signal aborts. No time limit. */
export function spawnLong(
  command: string,
  args: readonly string[],
  options: LaunchOptions & { onStderr?(text: string): void } = {},
): LongProcess {
  const child = launch(command, args, options)
  const ending = new Ending(child)
  let tail = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-65_536)
    options.onStderr?.(text)
  })
  const stopWatching = ending.watch(0, options.signal)
  const exited = settled(child).catch((error: Error) => {
    tail += error.message
    return { exitCode: 127, signal: null }
  })
  void exited.then(stopWatching)
  const stop = async () => {
    ending.end('stopped')
    await exited
  }
  return { pid: child.pid ?? 0, stdin: child.stdin!, stdout: child.stdout!, stderr: () => tail, exited, stop }
}

/**
 * Runs a command whose stdin and stdout are streams. `done` resolves at exit 0 and rejects as `run` does; await it
 * whatever happens to the streams. No time limit.
 */
export function stream(
  command: string,
  args: readonly string[],
  options: LaunchOptions = {},
): { pid: number; stdin: Writable; stdout: Readable; done: Promise<void>; stop(): Promise<void> } {
  const child = spawnLong(command, args, options)
  const check = async () => {
    const { exitCode, signal } = await child.exited
    if (exitCode === 0) return
    options.signal?.throwIfAborted()
    if (saysMissing(exitCode, child.stderr()) || child.pid === 0) throw missingTool(command)
    throw failure(command, args, options, { exitCode, signal, stdout: '', stderr: child.stderr() })
  }
  const done = check()
  // Whoever reads the streams first must not meet an unhandled rejection before awaiting `done`.
  done.catch(() => undefined)
  return { pid: child.pid, stdin: child.stdin, stdout: child.stdout, done, stop: child.stop }
}

/**
 * Starts a process that outlives this one and the terminal that it was started from: a session of its own, no pipes.
 * Throws `unavailable` when the program is not installed.
 */
export async function spawnDetached(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { detached: true, stdio: 'ignore', env: childEnvironment(), cwd: '/' })
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', (error) => reject(isMissing(error) ? missingTool(command) : error))
  })
  await Promise.race([new Promise((resolve) => child.once('spawn', resolve)), failed])
  child.unref()
  return child.pid ?? 0
}

/** O_TMPFILE, which Node does not name; a kind of O_DIRECTORY. */
const temporaryFile = 0o20000000 | constants.O_DIRECTORY

async function unnamedFiles(texts: readonly (string | Uint8Array)[]): Promise<FileHandle[]> {
  const files: FileHandle[] = []
  for (const text of texts) {
    const file = await open(tmpdir(), temporaryFile | constants.O_RDWR, 0o600)
    files.push(file)
    await file.writeFile(text)
  }
  return files
}

function launch(
  command: string,
  args: readonly string[],
  options: LaunchOptions,
  files: readonly FileHandle[] = [],
): ChildProcess {
  const [file, words] = wrap(command, args, options)
  // A group of its own: a time-out then ends the whole family, and a Ctrl-C for the appliance does not.
  const child = spawn(file, words, {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', ...files.map((file) => file.fd)],
    env: childEnvironment(options.env),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  // A command may end without having read its input.
  child.stdin!.on('error', () => undefined)
  const { pid } = child
  if (pid !== undefined) {
    observer.onSpawn(pid, command, args)
    child.once('exit', () => observer.onExit(pid))
  }
  return child
}

/** Ends a child and remembers why. */
class Ending {
  why = ''
  timedOut = false
  readonly #child: ChildProcess
  #kill: NodeJS.Timeout | undefined

  constructor(child: ChildProcess) {
    this.#child = child
    child.once('exit', () => clearTimeout(this.#kill))
  }

  end(why: string): void {
    if (this.why !== '' || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.why = why
    this.#signal('SIGTERM')
    this.#kill = setTimeout(() => this.#signal('SIGKILL'), graceMs)
  }

  watch(timeoutMs: number, signal: AbortSignal | undefined): () => void {
    const onTimeout = () => {
      this.timedOut = true
      this.end(`no end within ${timeoutMs} ms`)
    }
    const timer = timeoutMs > 0 ? setTimeout(onTimeout, timeoutMs) : undefined
    const onAbort = () => this.end('aborted')
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    return () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #signal(name: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, name)
    } catch {
      // It has gone by itself.
    }
  }
}

function collect(
  source: Readable,
  limitBytes: number,
  ending: Ending,
  listener: ((text: string) => void) | undefined,
): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  source.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > limitBytes) return ending.end(`more than ${limitBytes} bytes of output`)
    chunks.push(chunk)
    listener?.(chunk.toString())
  })
  return () => Buffer.concat(chunks).toString()
}

/** Waits for the end. A grandchild that keeps the pipes open cannot hold us longer than a moment. */
function settled(child: ChildProcess): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (exitCode, signal) => {
      const linger = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, lingerMs)
      child.once('close', () => {
        clearTimeout(linger)
        resolve({ exitCode, signal })
      })
    })
  })
}

const isMissing = (error: unknown) =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT'

function failure(
  command: string,
  args: readonly string[],
  options: LaunchOptions,
  result: {
    exitCode: number | null
    signal: NodeJS.Signals | null
    stdout: string
    stderr: string
    ending?: Ending
  },
): CommandError {
  const mask = masker(options.redact ?? [])
  return new CommandError(command, args.map(mask), {
    exitCode: result.exitCode,
    signal: result.signal,
    stdout: mask(result.stdout),
    stderr: mask(result.stderr),
    ended: result.ending?.why ?? '',
    timedOut: result.ending?.timedOut ?? false,
  })
}
