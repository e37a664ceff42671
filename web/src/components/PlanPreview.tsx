import { Skeleton } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { usePlan } from '../api/plan.ts'
import { Plan } from './Plan.tsx'
import { Refusal } from './Refusal.tsx'

export interface PlanPreviewProps {
  asked: Pick<ReturnType<typeof usePlan>, 'data' | 'error' | 'isPlaceholderData' | 'refetch'>
  /** In the refusal, e.g. a way to the field that is wrong. */
  mend?: ReactNode
  /** Further steps, each a `PlanStep`. */
  children?: ReactNode
}

/** What `usePlan` has been told: the plan, or why the change would be refused. */
export function PlanPreview({ asked, mend, children }: PlanPreviewProps) {
  const { t } = useTranslation('plan')
  const { data, error, isPlaceholderData, refetch } = asked
  if (error)
    return (
      <Refusal error={error} onRetry={() => void refetch()}>
        {mend}
      </Refusal>
    )
  if (!data)
    return (
      <div className="plan" role="status">
        <Skeleton screenreaderText={t('asking')} />
        <Skeleton width="80%" />
        <Skeleton width="60%" />
      </div>
    )
  return (
    <div className={isPlaceholderData ? 'plan-is-old' : ''} aria-busy={isPlaceholderData}>
      <Plan plan={data}>{children}</Plan>
    </div>
  )
}
