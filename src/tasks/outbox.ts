import { createHmac, randomUUID } from 'node:crypto'
import { and, asc, eq, lte } from 'drizzle-orm'
import { AppError, invalid } from '../core/errors.ts'
import { outbox } from '../db/cell-schema.ts'
import type { Database } from '../zone/zone.ts'
import { publicFailure } from './failure.ts'
import type { OutboxRow } from './journal.ts'
import type { StartRequest, TaskLog, TaskView } from './saga.ts'

type Callback = NonNullable<StartRequest<unknown>['callback']>
type Message = typeof outbox.$inferSelect

export interface OutboxOptions {
  db: Database
  log: TaskLog
  /** Whether messages may go to this address; asked when a task is started and before each attempt. */
  allowUrl(url: URL): Promise<boolean> | boolean
  clock?: () => number
  fetch?: typeof fetch
  /** Of one attempt. Default 10 s. */
  timeoutMs?: number
  /** Default 12: with the delays below a receiver may be away for about a day. */
  maxAttempts?: number
  /** Doubles with each attempt, up to the longest. Defaults 5 s and 6 h. */
  firstDelayMs?: number
  longestDelayMs?: number
}

const defaults = {
  clock: Date.now,
  fetch,
  timeoutMs: 10_000,
  maxAttempts: 12,
  firstDelayMs: 5_000,
  longestDelayMs: 6 * 3_600_000,
}

/** Whoever receives it need not be one who looks after the host. */
const publicView = (view: TaskView): TaskView => ({
  ...view,
  error: view.error && publicFailure(view, view.error),
})

const methods = ['POST', 'PUT', 'PATCH', 'GET']
const batchSize = 8
/** setTimeout takes no longer delay than this; the timer is set anew then. */
const longestTimerMs = 2 ** 31 - 1

/**
 * Messages to the outside that must not be lost. A message is written in the transaction that ends its task, and sent until
 * the receiver answers 2xx or the attempts are used up. It may arrive twice: `Idempotency-Key` stays the same.
 */
export class Outbox {
  readonly #options: OutboxOptions & typeof defaults
  readonly #stop = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined

  constructor(options: OutboxOptions) {
    this.#options = { ...defaults, ...options }
  }

  /** Throws `invalid` for a callback that could never be sent. */
  async check({ url, method }: Callback): Promise<void> {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
      throw invalid('callback.url', `'${url.slice(0, 200)}' is not a http or https URL`)
    if (!methods.includes(method))
      throw invalid('callback.method', `'${method.slice(0, 20)}' is none of ${methods.join(', ')}`)
    if (!(await this.#options.allowUrl(parsed)))
      throw invalid('callback.url', `callbacks to ${parsed.host} are not allowed here`)
  }

  /** The row that tells the end of a task; the caller writes it, then calls `nudge`. */
  message(view: TaskView, { url, method, secret }: Callback): OutboxRow {
    const id = randomUUID()
    const now = this.#options.clock()
    const body = method === 'GET' ? '' : JSON.stringify({ event: 'task.finished', task: publicView(view) })
    const headers: Record<string, string> = {
      'Idempotency-Key': id,
      'Nacelle-Task': view.id,
      'Nacelle-Task-State': view.state,
      ...(body === '' ? {} : { 'Content-Type': 'application/json' }),
      ...(secret === undefined ? {} : { 'Nacelle-Signature': signature(secret, body) }),
    }
    const fresh = { attempts: 0, nextAt: now, state: 'waiting' as const, lastError: null, createdAt: now }
    return { id, task: view.id, url, method, body, headers, ...fresh }
  }

  /** Sends what is due; also what an earlier run of the appliance left. */
  nudge(): void {
    clearTimeout(this.#timer)
    if (this.#stop.signal.aborted) return
    this.#sending ??= this.#sendDue()
      .catch((error) => this.#options.log.error({ err: error }, 'the outbox could not be read or written'))
      .finally(() => {
        this.#sending = undefined
        this.#schedule()
      })
  }

  /** What is being sent is cut and sent again after the next start. */
  async stop(): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#timer)
    await this.#sending
  }

  #schedule(): void {
    const next = this.#options.db
      .select({ at: outbox.nextAt })
      .from(outbox)
      .where(eq(outbox.state, 'waiting'))
      .orderBy(asc(outbox.nextAt))
      .limit(1)
      .get()
    if (next === undefined || this.#stop.signal.aborted) return
    const waitMs = Math.min(longestTimerMs, Math.max(0, next.at - this.#options.clock()))
    this.#timer = setTimeout(() => this.nudge(), waitMs).unref()
  }

  async #sendDue(): Promise<void> {
    for (;;) {
      const due = and(eq(outbox.state, 'waiting'), lte(outbox.nextAt, this.#options.clock()))
      const query = this.#options.db.select().from(outbox).where(due).orderBy(asc(outbox.nextAt))
      const messages = query.limit(batchSize).all()
      if (messages.length === 0 || this.#stop.signal.aborted) return
      await Promise.all(messages.map((message) => this.#deliver(message)))
    }
  }

  async #deliver(message: Message): Promise<void> {
    try {
      await this.#send(message)
      this.#settle(message, { state: 'sent', lastError: null })
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#postpone(message, error)
    }
  }

  async #send({ url, method, body, headers }: Message): Promise<void> {
    const { allowUrl, timeoutMs } = this.#options
    if (!(await allowUrl(new URL(url)))) throw new AppError('forbidden', 'callbacks to it are not allowed')
    const response = await this.#options.fetch(url, {
      method,
      headers,
      // A redirect could lead where the rule above does not allow.
      redirect: 'manual',
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)]),
      ...(method === 'GET' ? {} : { body }),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`answered ${response.status}`)
  }

  #postpone(message: Message, error: unknown): void {
    const { clock, maxAttempts, firstDelayMs, longestDelayMs, log } = this.#options
    const lastError = reason(error)
    const final = message.attempts + 1 >= maxAttempts || error instanceof AppError
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** message.attempts)
    this.#settle(message, { state: final ? 'failed' : 'waiting', nextAt: clock() + delayMs, lastError })
    const fields = { message: message.id, task: message.task, attempts: message.attempts + 1, lastError }
    if (final) log.error(fields, 'a callback was given up')
    else log.warn(fields, 'a callback was not taken; it is sent again')
  }

  #settle(message: Message, patch: Partial<Message>): void {
    const attempts = message.attempts + 1
    this.#options.db
      .update(outbox)
      .set({ attempts, ...patch })
      .where(eq(outbox.id, message.id))
      .run()
  }
}

/** `sha256=<hex>`, HMAC over the bytes of the body. */
export const signature = (secret: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return `${error instanceof Error ? error.message : String(error)}${cause}`.slice(0, 500)
}
