// The appliance's side: one worker process a pool. Whatever hangs, hangs there: it is killed and replaced, and where even
// that is impossible (a process in state D), it is left behind and counted.
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'
import { type LongProcess, spawnLong } from '../exec.ts'
import { FrameReader, writeFrame } from './frames.ts'
import { errorFromWire, type Reply } from './protocol.ts'

export interface WorkerLimits {
  /** Of the first answer of a fresh worker. */
  startMs: number
  /** Nothing at all from the file system for so long means that the server is lost. */
  silenceMs: number
  /** Between attempts to reach a lost server. */
  retryMs: number
  /** After SIGKILL. */
  deathMs: number
  /** So many that will not die, and no more are started. */
  mostAbandoned: number
}

export const usualLimits: WorkerLimits = {
  startMs: 30_000,
  silenceMs: 15_000,
  retryMs: 5_000,
  deathMs: 3_000,
  mostAbandoned: 8,
}

export interface WorkerOptions {
  /** Program and arguments of the worker. */
  command: readonly string[]
  /** For messages, e.g. `NFS server nas:/srv`. */
  server: string
  limits?: Partial<WorkerLimits>
}

export interface CallOptions {
  progress?(percent: number): void
  signal?: AbortSignal
  bytes?: Uint8Array
  /** Even while the server answers others; left out for what takes as long as it takes. */
  limitMs?: number
}

export interface Answer {
  result: unknown
  bytes: Buffer
}

interface Pending {
  resolve(answer: Answer): void
  reject(error: unknown): void
  progress: ((percent: number) => void) | undefined
}

/** Runs calls in a worker process, which is started when it is needed. */
export class StoreWorker {
  readonly #options: WorkerOptions
  readonly #limits: WorkerLimits
  #current: Running | undefined
  #lost: { since: number; triedAt: number } | undefined
  #trial: Promise<Running> | undefined
  readonly #abandoned = new Set<number>()

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#limits = { ...usualLimits, ...options.limits }
  }

  /** Processes that could not be ended: each holds some memory until its server is back. */
  get abandoned(): number {
    return this.#abandoned.size
  }

  /** Since when the server is lost; undefined when it is not. */
  get lostSince(): number | undefined {
    return this.#lost?.since
  }

  /** Throws what the method throws, `unavailable` while the server is lost. */
  async call(method: string, args: unknown[], options: CallOptions = {}): Promise<Answer> {
    options.signal?.throwIfAborted()
    const worker = this.#usable() ?? (await this.#started())
    return worker.call(method, args, options)
  }

  /** Ends the worker; a later call starts another one. */
  async stop(): Promise<void> {
    const worker = this.#current
    this.#current = undefined
    this.#lost = undefined
    if (worker) await this.#bury(worker, new Error('stopped'))
  }

  #usable(): Running | undefined {
    return this.#lost || !this.#current?.alive ? undefined : this.#current
  }

  /** A fresh worker whose file system has answered; callers at the same time wait for the same one. */
  #started(): Promise<Running> {
    const now = performance.now()
    if (this.#lost && !this.#trial && now - this.#lost.triedAt < this.#limits.retryMs)
      return Promise.reject(this.#unavailable())
    this.#trial ??= this.#tryStart().finally(() => {
      this.#trial = undefined
    })
    return this.#trial
  }

  async #tryStart(): Promise<Running> {
    if (this.#abandoned.size >= this.#limits.mostAbandoned) throw this.#unavailable()
    const worker = new Running(this.#options.command, this.#limits, (dead, why) => this.#onSilence(dead, why))
    try {
      await worker.call('ping', [], { limitMs: this.#limits.startMs })
    } catch (error) {
      if (worker.failure) throw startFailure(worker.failure)
      this.#onSilence(worker, error)
      throw this.#unavailable()
    }
    this.#current = worker
    this.#lost = undefined
    return worker
  }

  #onSilence(worker: Running, cause: unknown): void {
    const [since, triedAt] = [this.#lost?.since ?? Date.now(), performance.now()]
    this.#lost = { since, triedAt }
    if (this.#current === worker) this.#current = undefined
    const error = this.#unavailable()
    error.cause = cause
    void this.#bury(worker, error)
  }

  #unavailable(): AppError {
    const since = this.#lost ? ` since ${new Date(this.#lost.since).toISOString()}` : ''
    const left = this.#abandoned.size
      ? `; ${this.#abandoned.size} processes that wait for it could not be ended`
      : ''
    return new AppError('unavailable', `the ${this.#options.server} does not answer${since}${left}`)
  }

  async #bury(worker: Running, error: unknown): Promise<void> {
    worker.kill(error)
    const { pid, exited } = worker.process
    const gone = await Promise.race([
      exited.then(() => true),
      delay(this.#limits.deathMs, false, { ref: false }),
    ])
    if (gone) return
    this.#abandoned.add(pid)
    void exited.then(() => this.#abandoned.delete(pid))
  }
}

const startFailure = (text: string) => new Error(`the storage worker ended: ${text}`)

/** One process. */
class Running {
  readonly process: LongProcess
  alive = true
  /** What it left on stderr, when it ended by itself. */
  failure: string | undefined
  readonly #limits: WorkerLimits
  readonly #onSilence: (worker: Running, why: unknown) => void
  readonly #pending = new Map<number, Pending>()
  #calls = 0
  #heardAt = performance.now()
  #answered = false
  readonly #watch: NodeJS.Timeout

  constructor(
    command: readonly string[],
    limits: WorkerLimits,
    onSilence: (worker: Running, why: unknown) => void,
  ) {
    this.#limits = limits
    this.#onSilence = onSilence
    this.process = spawnLong(command[0]!, command.slice(1), { env: { UV_THREADPOOL_SIZE: '16' } })
    const frames = new FrameReader<Reply>()
    this.process.stdout.on('data', (piece: Buffer) => {
      for (const { header, bytes } of frames.push(piece)) this.#hear(header, bytes)
    })
    this.#watch = setInterval(() => this.#look(), Math.min(500, limits.silenceMs / 4)).unref()
    void this.process.exited.then(({ exitCode, signal }) => {
      if (!this.alive) return
      this.failure = `${signal ?? `exit code ${exitCode}`} ${this.process.stderr().trim().slice(-300)}`
      this.#end(startFailure(this.failure))
    })
  }

  async call(method: string, args: unknown[], options: CallOptions): Promise<Answer> {
    const call = ++this.#calls
    // What was silent had nothing to say.
    if (this.#pending.size === 0) this.#heardAt = performance.now()
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#pending.set(call, { resolve, reject, progress: options.progress })
    const cancel = () => void writeFrame(this.process.stdin, { cancel: call }).catch(() => undefined)
    options.signal?.addEventListener('abort', cancel, { once: true })
    const limit =
      options.limitMs === undefined ? undefined : setTimeout(() => this.#overdue(method), options.limitMs)
    try {
      writeFrame(this.process.stdin, { call, method, args }, options.bytes).catch(() => undefined)
      return await promise
    } catch (error) {
      options.signal?.throwIfAborted()
      throw error
    } finally {
      clearTimeout(limit)
      options.signal?.removeEventListener('abort', cancel)
      this.#pending.delete(call)
    }
  }

  /** Without waiting for its end. */
  kill(error: unknown): void {
    this.#end(error)
    try {
      process.kill(-this.process.pid, 'SIGKILL')
    } catch {
      // It has gone by itself.
    }
    this.process.stdin.destroy()
    this.process.stdout.destroy()
  }

  #hear(reply: Reply, bytes: Buffer): void {
    this.#heardAt = performance.now()
    this.#answered = true
    if ('alive' in reply) return
    const pending = this.#pending.get(reply.call)
    if ('percent' in reply) pending?.progress?.(reply.percent)
    else if ('error' in reply) pending?.reject(errorFromWire(reply.error))
    else pending?.resolve({ result: reply.result, bytes })
  }

  #look(): void {
    const silentMs = performance.now() - this.#heardAt
    if (!this.alive || this.#pending.size === 0 || !this.#answered || silentMs < this.#limits.silenceMs)
      return
    this.#onSilence(this, new Error(`no answer for ${Math.round(silentMs)} ms`))
  }

  #overdue(method: string): void {
    if (this.alive) this.#onSilence(this, new Error(`'${method}' took too long`))
  }

  #end(error: unknown): void {
    if (!this.alive) return
    this.alive = false
    clearInterval(this.#watch)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}
