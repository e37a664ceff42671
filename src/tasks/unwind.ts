import type { Engine } from './engine.ts'
import { failureOf } from './failure.ts'
import type { LiveTask } from './live.ts'

/** Takes back, last first, what the steps did. The end of one undo and the start of the next are one write. */
export async function unwind(engine: Engine, live: LiveTask): Promise<void> {
  for (let step = live.nextUndo(); step !== undefined; step = live.nextUndo()) {
    if (engine.stopping) return pause(engine, live)
    const { name } = step
    live.note(name, 'undo_started')
    engine.record(live, { state: 'unwinding', step: name, error: live.history.failure ?? null })
    const outcome = await engine.attempt(live, name, {
      signal: live.backward.signal,
      queues: true,
      run: async (context) => step?.undo?.(context),
    })
    if (outcome.kind === 'stopped') return
    if (outcome.kind === 'superseded') return engine.finish(live, 'superseded')
    if (outcome.kind === 'error') {
      live.note(name, 'undo_failed', failureOf(outcome.error))
      return engine.stick(live, name, outcome.error, `the undo of step '${name}' failed`)
    }
    live.note(name, 'undone')
  }
  const { failure, failedStep } = live.history
  const state = live.row.cancelRequested ? 'cancelled' : 'failed'
  engine.finish(live, state, { step: failedStep ?? live.row.step, error: failure ?? null })
}

/** A shutdown between two undos; the next start goes on from here. */
function pause(engine: Engine, live: LiveTask): void {
  if (live.pending.length > 0) engine.record(live, { state: 'unwinding' })
}
