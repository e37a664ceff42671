// Proves of any saga that it survives everything: `await proveSaga({...})` throws a ProofError that names the scenario.
import type { OpenDatabase } from '../../src/db/connect.ts'
import type { LockRequest, Saga } from '../../src/tasks/saga.ts'
import { type Plan, play } from './stage.ts'

export interface SagaProof<W, P> {
  /**
   * What lies outside of the appliance and outlives its crash: files, simulated drivers. Fresh for each scenario: keep it
   * cheap, some hundred are made (about 4 × steps²).
   */
  makeWorld(): Promise<W> | W
  destroyWorld?(world: W): Promise<void> | void
  /** Rows that the task needs to find, on a database with all migrations. */
  prepareDatabase?(database: OpenDatabase, world: W): Promise<void> | void
  /**
   * The saga over that world and database. Called anew for each life of the appliance: what it or its services kept in
   * memory is gone then. The database is the same file, opened again.
   */
  saga(world: W, database: OpenDatabase): Saga<P>
  params: P | ((world: W) => P)
  locks?: LockRequest
  /**
   * Nothing of a failed task is left: world and database are as before it. Returns false or throws (better: an assertion
   * says what was left). Quarantined volumes and the like are the proof's to judge.
   */
  isClean(world: W, database: OpenDatabase): Promise<unknown> | unknown
  /** The task has done the whole of what it should, and nothing twice. */
  isDone(world: W, database: OpenDatabase): Promise<unknown> | unknown
}

export interface ProofReport {
  /** Tasks that were run from start to end. */
  scenarios: number
  crashes: number
}

/**
 * Runs the saga through; injects an error at every step; cancels it in every step; crashes before every write of the journal,
 * forwards and in combination with those errors and cancels while unwinding; crashes after a step's work and fails its
 * repeat; lets the appliance live for two writes at a time; runs every step and every undo twice; fails every undo (stuck
 * and locked, also after a restart, and a retry heals). Each end is checked: done or clean, no lock and no live task left.
 * An injected error comes instead of the step's work: "cleans up after itself when it throws" is for tests of the step.
 */
export async function proveSaga<W, P>(proof: SagaProof<W, P>): Promise<ProofReport> {
  const report: ProofReport = { scenarios: 0, crashes: 0 }
  const run = async (plan: Plan) => {
    const played = await play(proof, plan)
    report.scenarios++
    report.crashes += played.crashes
    return played
  }
  const first = await run({ label: 'undisturbed', ends: ['done'] })
  const { steps } = first
  for (const plan of disturbances(steps)) await crashEverywhere(run, plan)
  for (const plan of repeats(steps)) await run(plan)
  for (const plan of failingUndos(steps)) await run(plan)
  for (const plan of failingRepeats(steps)) await run(plan)
  return report
}

type Steps = readonly { name: string; undo: boolean; final: boolean }[]
type Run = (plan: Plan) => Promise<{ crashed: boolean }>

/** The same plan with a crash before its first write, its second, and so on until it ends before the crash comes. */
async function crashEverywhere(run: Run, plan: Plan): Promise<void> {
  await run(plan)
  // Such a plan crashes all the time already.
  if (plan.writesPerLife !== undefined) return
  for (let crashAt = 0; ; crashAt++) {
    const label = `${plan.label}, crash before write ${crashAt + 1}`
    const { crashed } = await run({ ...plan, label, crashAt, ends: [...plan.ends, ...afterCrash(plan)] })
    if (!crashed) return
  }
}

/** Cut before it was answered, a refused task may be found failed, or not at all; a cancel may be lost with the crash. */
const afterCrash = (plan: Plan): Plan['ends'] => [
  'refused',
  ...(plan.failRun === undefined || plan.heal ? (['done'] as const) : (['failed'] as const)),
  'cancelled',
]

function disturbances(steps: Steps): Plan[] {
  const last = steps.length - 1
  return [
    { label: 'no error', ends: ['done'] },
    { label: 'two writes a life', writesPerLife: 2, ends: ['done'] },
    ...steps.map(({ name }, index): Plan => failAt(steps, index, `error at ${name}`)),
    ...steps.slice(1).map(({ name }, index): Plan => {
      const plan = failAt(steps, index + 1, `error at ${name}, two writes a life`)
      return { ...plan, writesPerLife: 2 }
    }),
    ...steps.map(({ name, final }, index): Plan => {
      const ends: Plan['ends'] = final || index === last ? ['done', 'cancelled'] : ['cancelled']
      return { label: `cancel in ${name}`, cancelIn: name, ends }
    }),
  ]
}

/** Past the irreversible step an error does not unwind: stuck, and a retry without the error brings it to its end. */
function failAt(steps: Steps, index: number, label: string): Plan {
  const { name, final } = steps[index]!
  if (final) return { label, failRun: name, heal: true, ends: ['done'] }
  return { label, failRun: name, ends: index === 0 ? ['refused'] : ['failed'] }
}

const repeats = (steps: Steps): Plan[] => [
  { label: 'each step twice', twice: true, ends: ['done'] },
  ...steps.map(({ name }, index): Plan => {
    return { ...failAt(steps, index, `each step and undo twice, error at ${name}`), twice: true }
  }),
]

function failingUndos(steps: Steps): Plan[] {
  return steps.flatMap(({ name, undo }, index): Plan[] => {
    const next = steps[index + 1]
    if (!undo || next === undefined || next.final) return []
    const label = `error at ${next.name}, then the undo of ${name} fails`
    return [{ label, failRun: next.name, failUndo: name, heal: true, ends: ['failed'] }]
  })
}

/** The work of a step is done, the crash comes before that is written, and its repeat fails. */
const failingRepeats = (steps: Steps): Plan[] =>
  steps.map(({ name, final }): Plan => {
    const label = `crash after the work of ${name}, then an error at its repeat`
    const plan: Plan = { label, failRun: name, failFromAttempt: 2, crashAfter: name, ends: ['failed'] }
    return final ? { ...plan, heal: true, ends: ['done'] } : plan
  })
