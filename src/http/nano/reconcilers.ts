import * as v from 'valibot'
import type { OperationContext } from '../../core/context.ts'
import { notFound } from '../../core/errors.ts'
import { requirePermission } from '../../core/identity/permissions.ts'
import { type Operation, operation } from '../operation.ts'
import { changed } from './changed.ts'
import { timeText } from './guest-wire.ts'

/** The part of a reconciler's state that is shown; reconcilers/reconciler.ts keeps it. */
interface ReconcilerView {
  name: string
  running: boolean
  passes: number
  failures: number
  lastEndedAt: number | null
  lastDurationMs: number
  lastSummary: { repaired: string[]; findings: string[] } | null
  lastError: string | null
}

const reply = v.pipe(
  v.object({
    name: v.string(),
    running: v.boolean(),
    passes: v.number(),
    failures: v.number(),
    last_time: v.nullable(v.string()),
    last_duration_ms: v.number(),
    repaired: v.pipe(v.array(v.string()), v.description('What the last good pass made equal to the record.')),
    findings: v.pipe(v.array(v.string()), v.description('What a person should look at.')),
    error: v.nullable(v.string()),
  }),
  v.metadata({ ref: 'Reconciler' }),
)

export const reconcilerOperations = ({
  reconcilers,
}: {
  reconcilers: { status(): ReconcilerView[]; nudge(name: string): Promise<unknown> }
}): Operation[] => [
  operation({
    id: 'reconciler.list',
    method: 'GET',
    path: '/reconcilers',
    summary: 'What keeps the record and the host equal, with the result of the last pass',
    tag: 'System',
    reply: v.array(reply),
    access: 'system.read',
    handle(op: OperationContext) {
      requirePermission(op, 'system.read')
      return { data: reconcilers.status().map(render) }
    },
  }),
  operation({
    id: 'reconciler.run',
    method: 'POST',
    path: '/reconcilers/:name',
    summary: 'Make the record and the host equal now; answers when the pass has ended',
    tag: 'System',
    params: v.object({ name: v.pipe(v.string(), v.description('E.g. `firewall`.')) }),
    reply,
    access: 'system.write',
    async handle(op, { params: { name } }) {
      requirePermission(op, 'system.write')
      const view = () => reconcilers.status().find((one) => one.name === name)
      if (!view()) throw notFound('reconciler', name)
      if (op.dryRun) return changed(op, { effects: [{ effect: `run a pass of '${name}'` }] })
      // What failed stands in the answer, as it does in the list.
      await reconcilers.nudge(name).catch(() => undefined)
      return { data: render(view()!) }
    },
  }),
]

const render = (state: ReconcilerView) => ({
  name: state.name,
  running: state.running,
  passes: state.passes,
  failures: state.failures,
  last_time: state.lastEndedAt === null ? null : timeText(state.lastEndedAt),
  last_duration_ms: state.lastDurationMs,
  repaired: state.lastSummary?.repaired ?? [],
  findings: state.lastSummary?.findings ?? [],
  error: state.lastError,
})
