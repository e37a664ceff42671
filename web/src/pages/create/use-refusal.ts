import { useTranslation } from 'react-i18next'
import { ApiError } from '../../api/errors.ts'
import { useRefusalText } from '../../components/Refusal.tsx'
import type { Draft, DraftKind } from './draft.ts'
import { missingOn, rootOf, type StepId, stepOf, steps } from './steps.ts'

export interface Asked {
  /** Body of the request that was refused. */
  body: object | undefined
  error: unknown
}

interface Situation extends Asked {
  kind: DraftKind
  draft: Draft
  /** Body of the request as it would be now. */
  current: object
  /** Steps that were left once: only there it is said what is missing. */
  checked: ReadonlySet<StepId>
}

const fieldText = (body: object | undefined, root: string): string =>
  JSON.stringify(Object.entries(body ?? {}).find(([key]) => key === root)?.[1]) ?? ''

/** What is wrong with which field, and with which step. A refusal is over as soon as its field has another value. */
export function useRefusal({ kind, draft, current, checked, body, error }: Situation) {
  const { t } = useTranslation('create')
  const textOf = useRefusalText()
  const field = error instanceof ApiError ? error.field : undefined
  const isStill = field !== undefined && fieldText(body, rootOf(field)) === fieldText(current, rootOf(field))
  const missing = new Map(
    steps
      .filter((step) => checked.has(step))
      .flatMap((step) => Object.entries(missingOn(step, draft, kind)))
      .map(([name, word]) => [name, t(`missing_${word}`)]),
  )
  const errorOf = (name: string): string | undefined => {
    if (isStill && (field === name || field.startsWith(`${name}[`))) return textOf(error)
    return missing.get(name)
  }
  const isWrong = (step: StepId): boolean =>
    (isStill && checked.has(step) && stepOf(field) === step) ||
    [...missing.keys()].some((name) => stepOf(name) === step)
  return { errorOf, isWrong, missing, refusedStep: isStill ? stepOf(field) : undefined }
}
