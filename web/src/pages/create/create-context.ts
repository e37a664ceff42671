import { createContext, use } from 'react'
import type { Draft, DraftKind } from './draft.ts'
import type { StepId } from './steps.ts'

/** What every step of the wizard knows. */
export interface Creating {
  kind: DraftKind
  draft: Draft
  change: (patch: Partial<Draft>) => void
  /** Why this field is refused, or that it is missing; of a list also by what is wrong with one of it. */
  errorOf: (field: string) => string | undefined
  goTo: (step: StepId) => void
}

export const CreatingContext = createContext<Creating | undefined>(undefined)

export function useCreating(): Creating {
  const creating = use(CreatingContext)
  if (!creating) throw new Error('outside of the wizard')
  return creating
}
