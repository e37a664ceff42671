// One scenario of a proof: a world, a database file, and as many lives of the appliance as it takes.
import { existsSync, rmSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { type OpenDatabase, openDatabase } from '../../src/db/connect.ts'
import type { JournalRecord } from '../../src/tasks/journal.ts'
import { TaskRunner } from '../../src/tasks/runner.ts'
import type { Saga, Step, StepContext, TaskState, TaskView } from '../../src/tasks/saga.ts'
import { openTestDatabase } from '../support/database.ts'
import type { SagaProof } from './crash-proof.ts'

export interface Plan {
  label: string
  /** This step throws instead of working; from its n-th attempt on (counted over all lives, default 1). */
  failRun?: string
  failFromAttempt?: number
  failUndo?: string
  /** The errors stop once the task is stuck; then it is retried, and `ends` says what of it becomes. */
  heal?: boolean
  cancelIn?: string
  /** Every step and every undo runs twice, the second time by a saga that remembers nothing. */
  twice?: boolean
  /** The first life ends before this write of the journal, counted from 0. */
  crashAt?: number
  /** The first life ends before the write that tells the success of this step. */
  crashAfter?: string
  /** No life lasts longer than so many writes. */
  writesPerLife?: number
  ends: readonly (TaskState | 'refused')[]
}

export interface Played {
  crashed: boolean
  crashes: number
  steps: { name: string; undo: boolean; final: boolean }[]
}

/** The scenario that failed, and how. */
export class ProofError extends Error {}

class Crash extends Error {}
class Injected extends Error {}

/** In memory where the host has a file system there: nothing that is proved needs a disk. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const mostLives = 500
const patienceMs = 10_000
const silent = () => undefined
/** A journal write that failed, but not by our crash, is a fault of the engine: it must not heal itself unseen. */
const logOf = (onFault: (error: unknown) => void) => ({
  debug: silent,
  info: silent,
  warn: silent,
  error: (fields: { err?: unknown }, message = '') => {
    if (message.includes('journal') && !(fields.err instanceof Crash)) onFault(fields.err)
  },
})

export async function play<W, P>(proof: SagaProof<W, P>, plan: Plan): Promise<Played> {
  const stage = await Stage.set(proof, plan)
  try {
    return await stage.play()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ProofError(`${stage.kind}: ${plan.label}: ${why}`, { cause })
  } finally {
    await stage.strike()
  }
}

class Stage<W, P> {
  kind = ''
  readonly #proof: SagaProof<W, P>
  readonly #plan: Plan
  readonly #world: W
  readonly #directory: string
  #database: OpenDatabase
  readonly #attempts = new Map<string, number>()
  #healed = false
  #cancelled = false
  #crashes = 0
  #steps: Played['steps'] = []

  private constructor(proof: SagaProof<W, P>, plan: Plan, at: { world: W; directory: string }) {
    this.#proof = proof
    this.#plan = plan
    this.#world = at.world
    this.#directory = at.directory
    this.#database = this.#open()
  }

  static async set<W, P>(proof: SagaProof<W, P>, plan: Plan): Promise<Stage<W, P>> {
    const directory = await mkdtemp(join(scratch, 'nacelle-proof-'))
    await copyFile(await template(), join(directory, 'nacelle.db'))
    const world = await proof.makeWorld()
    const stage = new Stage(proof, plan, { world, directory })
    await proof.prepareDatabase?.(stage.#database, world)
    return stage
  }

  async strike(): Promise<void> {
    this.#database.close()
    await rm(this.#directory, { recursive: true, force: true })
    await this.#proof.destroyWorld?.(this.#world)
  }

  async play(): Promise<Played> {
    for (let life = 1; life <= mostLives; life++) {
      const end = await this.#live(life)
      if (end === 'crashed') {
        this.#crashes++
        this.#database.close()
        this.#database = this.#open()
        continue
      }
      await this.#check(end)
      return { crashed: this.#crashes > 0, crashes: this.#crashes, steps: this.#steps }
    }
    throw new Error(`it has not come to an end after ${mostLives} lives`)
  }

  /** From start-up until the task has ended or the appliance has crashed. */
  async #live(life: number): Promise<TaskView | 'refused' | 'crashed'> {
    const crashed = Promise.withResolvers<'crashed'>()
    const beforeRecord = this.#reaper(life, () => crashed.resolve('crashed'))
    const log = logOf(crashed.reject)
    const runner = new TaskRunner({ db: this.#database.db, log, hooks: { beforeRecord } })
    const saga = this.#proof.saga(this.#world, this.#database)
    this.#know(saga)
    runner.define(this.#disturbed(saga, runner))
    // Listened to at once: a life that ended early must not leave a rejection that nobody hears.
    const lived = (life === 1 ? this.#start(runner) : this.#resume(runner)).catch((error) => {
      if (error instanceof Crash) return 'crashed' as const
      throw error
    })
    try {
      return await Promise.race([lived, crashed.promise])
    } finally {
      await runner.stop(patienceMs)
    }
  }

  async #start(runner: TaskRunner): Promise<TaskView | 'refused'> {
    const { params, locks = { exclusive: [`proof:${this.kind}`] } } = this.#proof
    const given = typeof params === 'function' ? (params as (world: W) => P)(this.#world) : params
    const common = { subject: 'proof:1', who: 'system', requestId: 'proof' }
    try {
      const { id } = await runner.start({ kind: this.kind, params: given, locks, ...common })
      return await this.#ended(runner, id)
    } catch (error) {
      const isOurs = error instanceof Injected || (this.#cancelled && !(error instanceof Crash))
      if (!isOurs) throw error
      const [task] = runner.list({ limit: 1 }).tasks
      return task ? await this.#ended(runner, task.id) : 'refused'
    }
  }

  async #resume(runner: TaskRunner): Promise<TaskView | 'refused'> {
    await runner.resume()
    const [task] = runner.list({ limit: 1 }).tasks
    return task ? this.#ended(runner, task.id) : 'refused'
  }

  async #ended(runner: TaskRunner, id: string): Promise<TaskView> {
    const view = await runner.wait(id, patienceMs)
    // The task has told its end; let it leave the stage before anybody looks.
    await turn()
    if (view.state !== 'stuck' || !this.#plan.heal) return view
    if (!this.#healed) await this.#checkStuck(runner, view)
    this.#healed = true
    await runner.retry(id)
    return runner.wait(id, patienceMs)
  }

  /** A stuck task holds its locks and says what failed, and a restart changes nothing of that. */
  async #checkStuck(runner: TaskRunner, view: TaskView): Promise<void> {
    const before = this.#lockCount()
    if (before === 0 && this.#wantsLocks()) throw new Error('it is stuck but holds no locks')
    if (!view.error?.message) throw new Error('it is stuck and does not say why')
    await runner.resume()
    if (runner.get(view.id)?.state !== 'stuck' || this.#lockCount() !== before)
      throw new Error('a restart has touched a stuck task')
  }

  async #check(end: TaskView | 'refused'): Promise<void> {
    const state = end === 'refused' ? end : end.state
    const { ends } = this.#plan
    if (!ends.includes(state)) {
      const error = end === 'refused' || !end.error ? '' : ` (${end.error.message})`
      throw new Error(`it ended ${state}${error}, not ${[...new Set(ends)].join(' or ')}`)
    }
    if (state === 'stuck') return
    if (this.#lockCount() > 0) throw new Error(`it ended ${state} and left locks`)
    const isRight = state === 'done' ? this.#proof.isDone : this.#proof.isClean
    const verdict = await isRight.call(this.#proof, this.#world, this.#database)
    if (verdict === false)
      throw new Error(`it ended ${state}, but the world is not ${state === 'done' ? 'done' : 'clean'}`)
  }

  /** Ends the life before the write that the plan names; the dead write nothing more. */
  #reaper(life: number, onCrash: () => void): (record: JournalRecord) => void {
    const { crashAt, crashAfter, writesPerLife = Number.POSITIVE_INFINITY } = this.#plan
    let writes = 0
    let dead = false
    return ({ entries }) => {
      const isNamed = life === 1 && (writes === crashAt || entries.some((e) => isSuccessOf(e, crashAfter)))
      dead ||= isNamed || writes >= writesPerLife
      writes++
      if (!dead) return
      onCrash()
      throw new Crash('the appliance has crashed')
    }
  }

  #disturbed(saga: Saga<P>, runner: TaskRunner): Saga<P> {
    return { ...saga, steps: saga.steps.map((step) => this.#disturbedStep(step, runner)) }
  }

  #disturbedStep(step: Step<P>, runner: TaskRunner): Step<P> {
    const { twice, failUndo } = this.#plan
    const run = async (context: StepContext<P>) => {
      if (step.name === this.#plan.cancelIn) await this.#cancel(runner, context.taskId)
      this.#maybeFail(step.name)
      if (twice) await this.#remade(step.name).run(context)
      return step.run(context)
    }
    const { undo } = step
    if (!undo) return { ...step, run }
    return {
      ...step,
      run,
      undo: async (context) => {
        if (step.name === failUndo && !this.#healed)
          throw new Injected(`injected at the undo of ${step.name}`)
        if (twice) await this.#remade(step.name).undo?.(context)
        await undo.call(step, context)
      },
    }
  }

  #maybeFail(step: string): void {
    const { failRun, failFromAttempt = 1, failUndo } = this.#plan
    const attempt = (this.#attempts.get(step) ?? 0) + 1
    this.#attempts.set(step, attempt)
    const heals = this.#healed && failUndo === undefined
    if (step === failRun && attempt >= failFromAttempt && !heals) throw new Injected(`injected at ${step}`)
  }

  async #cancel(runner: TaskRunner, id: string): Promise<void> {
    try {
      await runner.cancel(id)
      this.#cancelled = true
    } catch (error) {
      // Past the irreversible step a cancel is refused, rightly.
      if (error instanceof Crash) throw error
    }
  }

  #remade = (name: string): Step<P> =>
    this.#proof.saga(this.#world, this.#database).steps.find((step) => step.name === name)!

  #know(saga: Saga<P>): void {
    this.kind = saga.kind
    const first = saga.steps.findIndex((step) => step.irreversible)
    this.#steps = saga.steps.map((step, index) => ({
      name: step.name,
      undo: step.undo !== undefined,
      final: first >= 0 && index >= first,
    }))
  }

  #wantsLocks(): boolean {
    const { locks } = this.#proof
    return !locks || (locks.shared?.length ?? 0) + (locks.exclusive?.length ?? 0) > 0
  }

  #lockCount = (): number => this.#database.db.get<{ n: number }>(sql`SELECT count(*) AS n FROM task_lock`).n

  #open(): OpenDatabase {
    const database = openDatabase(join(this.#directory, 'nacelle.db'))
    // A crash of the process, not a power cut, is played: the files need not be synced.
    database.sqlite.pragma('synchronous = OFF')
    return database
  }
}

const isSuccessOf = (entry: { step: string; event: string }, step: string | undefined) =>
  entry.event === 'succeeded' && entry.step === step

let made: Promise<string> | undefined

/** A database with all migrations, made once and copied for each scenario. */
function template(): Promise<string> {
  made ??= (async () => {
    const directory = await mkdtemp(join(scratch, 'nacelle-template-'))
    const path = join(directory, 'template.db')
    const database = openTestDatabase()
    database.sqlite.prepare('VACUUM INTO ?').run(path)
    database.close()
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
    return path
  })()
  return made
}
