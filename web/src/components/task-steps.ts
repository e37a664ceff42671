import * as v from 'valibot'
import type { TaskDetails } from '../api/live-tasks.ts'
import { parseTime } from '../ui/format.ts'

export type StepState =
  | 'stepWaiting'
  | 'stepRunning'
  | 'stepDone'
  | 'stepFailed'
  | 'stepUndoing'
  | 'stepUndone'
  | 'stepUndoFailed'
  | 'stepSkipped'

type PlannedEffects = TaskDetails['plan'][number]['effects']

const failure = v.object({
  message: v.string(),
  command: v.optional(v.string()),
  stderr: v.optional(v.string()),
})
export type StepFailure = v.InferOutput<typeof failure>

export interface TaskStep {
  name: string
  state: StepState
  effects: PlannedEffects
  failure: StepFailure | undefined
  /** From its start to its end; undefined until both are known. */
  seconds: number | undefined
}

const states: Readonly<Record<string, StepState>> = {
  started: 'stepRunning',
  succeeded: 'stepDone',
  failed: 'stepFailed',
  undo_started: 'stepUndoing',
  undone: 'stepUndone',
  undo_failed: 'stepUndoFailed',
  skipped: 'stepSkipped',
}

/** The planned steps with what has become of each; steps of which no plan knows any more come last. */
export function taskSteps({ plan, events }: Pick<TaskDetails, 'plan' | 'events'>): TaskStep[] {
  const names = [...new Set([...plan.map(({ step }) => step), ...events.map(({ step }) => step)])]
  return names
    .filter((name) => name !== '')
    .map((name) => {
      const own = events.filter(({ step }) => step === name)
      const last = own.at(-1)
      const failed = own.findLast(({ event }) => event === 'failed' || event === 'undo_failed')
      const told = v.safeParse(failure, failed?.error)
      const begun = own.findLast(({ event }) => event === 'started')
      const ended = own.findLast(({ event }) => event === 'succeeded' || event === 'failed')
      return {
        name,
        state: (last && states[last.event]) ?? 'stepWaiting',
        effects: plan.find(({ step }) => step === name)?.effects ?? [],
        failure: told.success ? told.output : undefined,
        seconds:
          begun && ended && ended.seq > begun.seq
            ? (parseTime(ended.time).getTime() - parseTime(begun.time).getTime()) / 1000
            : undefined,
      }
    })
}
