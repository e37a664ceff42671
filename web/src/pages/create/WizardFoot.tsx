import {
  ActionList,
  ActionListGroup,
  ActionListItem,
  Button,
  useWizardContext,
  WizardFooterWrapper,
} from '@patternfly/react-core'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { stepFormId } from './StepForm.tsx'
import { type StepId, steps } from './steps.ts'

export interface WizardFootProps {
  /** Of the address. */
  step: StepId
  /** Whether there is a plan to be carried out. */
  isReady: boolean
  isPending: boolean
  onCancel: () => void
}

export function WizardFoot({ step, isReady, isPending, onCancel }: WizardFootProps) {
  const { t } = useTranslation(['create', 'common'])
  const { activeStep, goToPrevStep, goToStepById } = useWizardContext()
  const isLast = step === 'review'
  // The browser's own back and forward, and links to a step.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new address moves the wizard
  useEffect(() => {
    if (activeStep.id !== step) goToStepById(step)
  }, [step])
  return (
    <WizardFooterWrapper>
      <ActionList>
        <ActionListGroup>
          <ActionListItem>
            <Button
              variant="secondary"
              isDisabled={step === steps[0] || isPending}
              onClick={() => void goToPrevStep()}
            >
              {t('back')}
            </Button>
          </ActionListItem>
          <ActionListItem>
            <Button
              type="submit"
              form={stepFormId}
              isDisabled={isLast && !isReady}
              isLoading={isLast && isPending}
            >
              {isLast ? t('common:create') : t('next')}
            </Button>
          </ActionListItem>
        </ActionListGroup>
        <ActionListGroup>
          <ActionListItem>
            <Button variant="link" onClick={onCancel}>
              {t('common:cancel')}
            </Button>
          </ActionListItem>
        </ActionListGroup>
      </ActionList>
    </WizardFooterWrapper>
  )
}
