import { AppError } from '../core/errors.ts'
import type { Engine, Outcome } from './engine.ts'
import { failureOf } from './failure.ts'
import { cancelled, type LiveTask, stopping } from './live.ts'
import type { Step } from './saga.ts'

export type Direction = 'unwind' | 'settled'

/** Runs the steps that are not done yet. The end of one step and the start of the next are one write. */
export async function runForwards(engine: Engine, live: LiveTask): Promise<Direction> {
  for (const step of live.saga.steps) {
    if (live.history.isPassed(step.name)) continue
    if (live.forward.signal.aborted) return turn(engine, live)
    begin(engine, live, step)
    const outcome = await engine.attempt(live, step.name, {
      signal: live.forward.signal,
      queues: live.caller === undefined,
      run: (context) => step.run(context),
    })
    if (outcome.kind !== 'ok') return stopAt(engine, live, step, outcome)
    live.note(step.name, 'succeeded', outcome.output)
  }
  engine.finish(live, 'done', { step: null, progress: 100, result: resultOf(engine, live), error: null })
  engine.accept(live)
  return 'settled'
}

function begin(engine: Engine, live: LiveTask, step: Step<unknown>): void {
  if (live.begun === step.name) {
    live.begun = undefined
    return
  }
  live.note(step.name, 'started')
  const progress = Math.max(live.row.progress, live.progressAt())
  engine.record(live, { state: 'running', step: step.name, progress, error: null })
  engine.accept(live)
}

/** A shutdown or a cancel came between two steps. */
function turn(engine: Engine, live: LiveTask): Direction {
  if (!engine.stopping && live.caller === undefined) return 'unwind'
  if (live.pending.length > 0) engine.record(live, {})
  engine.accept(live)
  return engine.stopping ? 'settled' : 'unwind'
}

type Stop = Exclude<Outcome, { kind: 'ok' }>

function stopAt(engine: Engine, live: LiveTask, step: Step<unknown>, outcome: Stop): Direction {
  if (live.row.cancelRequested) engine.answer(live)?.reject(cancelled())
  if (live.caller) engine.refuse(live, refusal(live, outcome))
  else if (outcome.kind === 'superseded') engine.finish(live, 'superseded')
  else if (outcome.kind === 'error') return fail(engine, live, step, outcome.error)
  return 'settled'
}

function fail(engine: Engine, live: LiveTask, step: Step<unknown>, error: unknown): Direction {
  live.note(step.name, 'failed', failureOf(error))
  if (live.isForwardOnly()) {
    engine.stick(live, step.name, error, `step '${step.name}' failed, and nothing can be taken back any more`)
    return 'settled'
  }
  return 'unwind'
}

function refusal(live: LiveTask, outcome: Stop): unknown {
  if (outcome.kind === 'superseded')
    return new AppError('conflict', `${live.row.subject} has moved to another cell: ask there`)
  return outcome.error ?? stopping()
}

function resultOf(engine: Engine, live: LiveTask): unknown {
  try {
    const result = live.saga.result?.(live.row.params, live.history.outputs)
    return result === undefined ? null : JSON.parse(JSON.stringify(result))
  } catch (error) {
    // The work is done: a faulty rendering of its result must not take it back.
    engine.parts.log.error({ err: error, task: live.id }, 'the result of a task could not be told')
    return null
  }
}
