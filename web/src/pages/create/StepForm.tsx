import { Form, Title, useWizardContext } from '@patternfly/react-core'
import { createContext, type ReactNode, use } from 'react'
import { useTranslation } from 'react-i18next'
import type { StepId } from './steps.ts'

export const stepFormId = 'create-step'

/** Called with what would leave the step; it does not go on where something is missing. */
export const LeavingContext = createContext<(step: StepId, next: () => void) => void>((_, next) => next())

/** The body of a step: enter and the button go on to the next one. */
export function StepForm({ step, children }: { step: StepId; children: ReactNode }) {
  const { t } = useTranslation('create')
  const { goToNextStep } = useWizardContext()
  const leave = use(LeavingContext)
  return (
    <Form
      id={stepFormId}
      noValidate
      isWidthLimited={step !== 'review'}
      onSubmit={(event) => {
        event.preventDefault()
        leave(step, () => void goToNextStep())
      }}
    >
      <Title headingLevel="h2">{t(`step_${step}`)}</Title>
      {children}
    </Form>
  )
}
