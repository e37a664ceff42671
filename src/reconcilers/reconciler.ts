import type { OperationContext } from '../core/context.ts'

/** What one look at the world found and did. */
export interface Summary {
  /** What was made equal to the record, in words; empty when all was as it should be. */
  repaired: string[]
  /** What a person should look at. */
  findings: string[]
}

/**
 * Keeps a part of the world and the record equal: takes no input, is repeatable, retries nothing inside. A part that
 * fails does not keep the others from their turn: it goes on and throws at the end.
 */
export interface Reconciler {
  name: string
  /** From the end of one pass to the begin of the next. */
  intervalMs: number
  run(op: OperationContext): Promise<Summary>
}

export interface ReconcilerStatus {
  name: string
  running: boolean
  /** Passes so far, and those of them that failed. */
  passes: number
  failures: number
  /** Milliseconds since 1970; null before the first pass has ended. */
  lastEndedAt: number | null
  lastDurationMs: number
  /** Of the last pass that succeeded. */
  lastSummary: Summary | null
  /** Null when the last pass succeeded. */
  lastError: string | null
}

export interface ReconcilerRunner {
  /** Begins the first passes and the timers. */
  start(): void
  /**
   * A pass that begins after this call, now or when the running one ends; several calls share it. Rejects when the
   * pass fails.
   */
  nudge(name: string): Promise<Summary>
  status(): ReconcilerStatus[]
  /** No further passes; resolves when the running ones have ended. */
  stop(): Promise<void>
}

/** Runs each reconciler on its timer and when nudged, never two passes of one at a time. */
export function createReconcilerRunner(
  reconcilers: readonly Reconciler[],
  context: (name: string) => OperationContext,
): ReconcilerRunner {
  const loops = new Map(reconcilers.map((reconciler) => [reconciler.name, new Loop(reconciler, context)]))
  return {
    start: () => {
      for (const loop of loops.values()) loop.start()
    },
    async nudge(name) {
      const loop = loops.get(name)
      if (!loop) throw new Error(`there is no reconciler '${name}'`)
      return loop.nudge()
    },
    status: () => [...loops.values()].map((loop) => loop.status()),
    stop: async () => {
      await Promise.all([...loops.values()].map((loop) => loop.stop()))
    },
  }
}

class Loop {
  readonly #reconciler: Reconciler
  readonly #context: (name: string) => OperationContext
  readonly #state: ReconcilerStatus
  #timer: NodeJS.Timeout | undefined
  #current: Promise<Summary> | undefined
  #next: Promise<Summary> | undefined
  #timed = false
  #stopped = false

  constructor(reconciler: Reconciler, context: (name: string) => OperationContext) {
    this.#reconciler = reconciler
    this.#context = context
    this.#state = {
      name: reconciler.name,
      running: false,
      passes: 0,
      failures: 0,
      lastEndedAt: null,
      lastDurationMs: 0,
      lastSummary: null,
      lastError: null,
    }
  }

  start(): void {
    this.#timed = true
    this.nudge().catch(() => undefined)
  }

  /** A pass under way may have looked already where the caller has just changed something: it does not count. */
  nudge(): Promise<Summary> {
    if (!this.#current) return this.#pass()
    this.#next ??= this.#current
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.#pass()
      })
    return this.#next
  }

  status(): ReconcilerStatus {
    return { ...this.#state }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#next?.catch(() => undefined)
    await this.#current?.catch(() => undefined)
  }

  #pass(): Promise<Summary> {
    if (this.#stopped)
      return Promise.reject(new Error(`the reconciler '${this.#reconciler.name}' is stopped`))
    clearTimeout(this.#timer)
    this.#state.running = true
    this.#current = this.#observe().finally(() => {
      this.#state.running = false
      this.#current = undefined
      if (this.#timed && !this.#stopped && !this.#next) this.#wind()
    })
    return this.#current
  }

  #wind(): void {
    this.#timer = setTimeout(() => this.nudge().catch(() => undefined), this.#reconciler.intervalMs)
    this.#timer.unref()
  }

  async #observe(): Promise<Summary> {
    const op = this.#context(this.#reconciler.name)
    const started = performance.now()
    try {
      const summary = await this.#reconciler.run(op)
      this.#state.lastSummary = summary
      this.#state.lastError = null
      if (summary.repaired.length > 0)
        op.log.info({ repaired: summary.repaired }, 'the host was made equal to the record')
      return summary
    } catch (error) {
      this.#state.failures++
      this.#state.lastError = error instanceof Error ? error.message : String(error)
      op.log.warn({ err: error, reconciler: this.#reconciler.name }, 'a reconciler failed')
      throw error
    } finally {
      this.#state.passes++
      this.#state.lastEndedAt = Date.now()
      this.#state.lastDurationMs = Math.round(performance.now() - started)
    }
  }
}
