import type { EventName } from './journal.ts'
import type { TaskError } from './saga.ts'

interface Entry {
  step: string
  event: EventName
  data?: unknown
}

/** What a task's events say: which steps are done, undone, or were cut in the middle. */
export class History {
  readonly outputs: Record<string, unknown> = {}
  /** Of the last step that failed while running forwards. */
  failure: TaskError | undefined
  failedStep: string | undefined
  /** Whether any undo was begun. */
  unwinding = false
  readonly #passed = new Set<string>()
  readonly #begun = new Set<string>()
  readonly #undone = new Set<string>()
  /** Steps that were once cut: what they did may be there although they never succeeded. */
  readonly #cut = new Set<string>()
  #open: string | undefined

  /** From the rows of a task that no process is running: a step without an outcome was cut. */
  static ofCutTask(entries: readonly Entry[]): History {
    const history = new History()
    for (const entry of entries) history.add(entry)
    if (history.#open !== undefined) history.#cut.add(history.#open)
    return history
  }

  add({ step, event, data }: Entry): void {
    if (event === 'started') {
      // A second start without an outcome between: the first was cut.
      if (this.#open === step) this.#cut.add(step)
      this.#open = step
      this.#begun.add(step)
      return
    }
    if (event === 'succeeded' || event === 'failed') this.#open = undefined
    if (event === 'succeeded') this.#pass(step, data)
    else if (event === 'failed') this.#fail(step, data)
    else if (event === 'skipped') this.#skip(step)
    else this.#unwind(step, event)
  }

  #pass(step: string, output: unknown): void {
    this.#passed.add(step)
    this.outputs[step] = output ?? null
  }

  #fail(step: string, data: unknown): void {
    this.failure = data as TaskError
    this.failedStep = step
  }

  #skip(step: string): void {
    if (this.unwinding) this.#undone.add(step)
    else this.#pass(step, null)
  }

  #unwind(step: string, event: EventName): void {
    this.unwinding = true
    if (event === 'undone') this.#undone.add(step)
  }

  isPassed = (step: string): boolean => this.#passed.has(step)

  isBegun = (step: string): boolean => this.#begun.has(step)

  mustUndo = (step: string): boolean =>
    (this.#passed.has(step) || this.#cut.has(step)) && !this.#undone.has(step)
}
