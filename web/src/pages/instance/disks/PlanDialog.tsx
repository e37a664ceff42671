import { ExpandableSection } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { usePlan } from '../../../api/plan.ts'
import { PlanPreview } from '../../../components/PlanPreview.tsx'
import { Refusal } from '../../../components/Refusal.tsx'
import { Confirm } from '../../../ui/Confirm.tsx'

export interface PlanDialogProps {
  title: string
  verb: string
  isDanger?: boolean
  /** Whether what is asked for is filled in; then the plan is there, or on its way. */
  isReady: boolean
  asked: ReturnType<typeof usePlan>
  /** The one input whose error is shown at its field and not with the plan. */
  field?: string
  change: { isPending: boolean; error: unknown }
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}

/** Asks before a disk is changed, and shows exactly what would be done. */
export function PlanDialog(props: PlanDialogProps) {
  const { title, verb, isDanger, isReady, asked, field, change, onConfirm, onClose, children } = props
  const { t } = useTranslation('instance')
  const isFieldsError = field !== undefined && errorField(asked.error) === field
  return (
    <Confirm
      title={title}
      verb={verb}
      isDanger={isDanger ?? false}
      isReady={isReady && !asked.error}
      isPending={change.isPending}
      error={change.error ? <Refusal error={change.error} /> : undefined}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      {children}
      {isReady && !isFieldsError && (
        <ExpandableSection
          toggleText={t('whatWouldBeDone')}
          isIndented
          isDetached={false}
          {...opened(asked.error)}
        >
          <PlanPreview asked={asked} />
        </ExpandableSection>
      )}
    </Confirm>
  )
}

// What is refused must be read; the steps are for who wants to know.
const opened = (error: unknown) => (error ? { isExpanded: true } : {})

const errorField = (error: unknown) =>
  typeof error === 'object' && error !== null && 'field' in error ? error.field : undefined
