import { Button, Title } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { PlanPreview } from '../../components/PlanPreview.tsx'
import { PlanStep } from '../../components/PlanStep.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { Note } from '../../ui/Note.tsx'
import { useCreating } from './create-context.ts'
import { StepForm } from './StepForm.tsx'
import { Summary } from './Summary.tsx'
import { stepOf } from './steps.ts'
import { TimeGuess } from './TimeGuess.tsx'
import type { CreationPlan } from './use-creation-plan.ts'
import type { useRefusal } from './use-refusal.ts'

export interface ReviewStepProps {
  plan: CreationPlan
  refusal: ReturnType<typeof useRefusal>
  /** Why the creation itself was refused. */
  failed: unknown
}

/** What was chosen, and what the appliance will do for it: exactly that is done by "create". */
export function ReviewStep({ plan, refusal, failed }: ReviewStepProps) {
  const { t } = useTranslation('create')
  const { draft, goTo } = useCreating()
  const { refusedStep, missing } = refusal
  const mend = refusedStep && (
    <Button variant="link" isInline onClick={() => goTo(refusedStep)}>
      {t('goToStep', { step: t(`step_${refusedStep}`) })}
    </Button>
  )
  return (
    <StepForm step="review">
      <div className="create-review">
        <section aria-labelledby="create-summary">
          <Title headingLevel="h3" id="create-summary">
            {t('chosen')}
          </Title>
          <Summary />
        </section>
        <section aria-labelledby="create-plan">
          <Title headingLevel="h3" id="create-plan">
            {t('plan')}
          </Title>
          {[...missing].map(([field, text]) => (
            <Missing key={field} field={field} text={text} />
          ))}
          <Refusal error={failed}>{mend}</Refusal>
          {missing.size === 0 && !failed && (
            <>
              <TimeGuess plan={plan.data} />
              <PlanPreview asked={plan} mend={mend}>
                {draft.source === 'media' && (
                  <PlanStep step={t('startStep')} effects={[{ effect: t('startEffect') }]} />
                )}
              </PlanPreview>
            </>
          )}
        </section>
      </div>
    </StepForm>
  )
}

function Missing({ field, text }: { field: string; text: string }) {
  const { t } = useTranslation('create')
  const { goTo } = useCreating()
  const step = stepOf(field)
  return (
    <Note
      kind="warning"
      title={text}
      actions={
        step && (
          <Button variant="link" isInline onClick={() => goTo(step)}>
            {t('goToStep', { step: t(`step_${step}`) })}
          </Button>
        )
      }
    />
  )
}
