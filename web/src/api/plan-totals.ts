import type { PlanSteps } from './plan.ts'

/** Bytes that are needed at once on each storage pool, in the order in which they are needed. */
export function spaceByPool(plan: PlanSteps): { pool: string; bytes: number }[] {
  const totals = new Map<string, number>()
  for (const { effects } of plan)
    for (const { space } of effects)
      if (space) totals.set(space.pool, (totals.get(space.pool) ?? 0) + space.bytes)
  return [...totals].map(([pool, bytes]) => ({ pool, bytes }))
}

/** What feels it beside what is changed, each once. */
export const affected = (plan: PlanSteps): string[] => [
  ...new Set(plan.flatMap(({ effects }) => effects.flatMap(({ affects }) => affects ?? []))),
]

export const commandCount = (plan: PlanSteps): number =>
  plan.reduce((count, { effects }) => count + effects.flatMap(({ commands }) => commands ?? []).length, 0)

/** As it is typed into a shell: what a shell would take apart stands in quotes. */
export const commandLine = (args: readonly string[]): string => args.map(quoted).join(' ')

const quoted = (word: string): string =>
  /^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
