import './create.css'
import { PageSection, Wizard, WizardStep, type WizardStepType } from '@patternfly/react-core'
import { type ComponentType, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { CreatingContext } from './create-context.ts'
import { type Draft, type DraftKind, dropDraft } from './draft.ts'
import { IdentityStep } from './IdentityStep.tsx'
import { LimitsStep } from './LimitsStep.tsx'
import { NetworkStep } from './NetworkStep.tsx'
import { ReviewStep } from './ReviewStep.tsx'
import { batchRequest, guestRequest } from './request.ts'
import { SizeStep } from './SizeStep.tsx'
import { SourceStep } from './SourceStep.tsx'
import { LeavingContext } from './StepForm.tsx'
import { SystemStep } from './SystemStep.tsx'
import { isWhole, missingOn, type StepId, steps } from './steps.ts'
import { useCreationPlan } from './use-creation-plan.ts'
import { useDraft } from './use-draft.ts'
import { useRefusal } from './use-refusal.ts'
import { WizardFoot } from './WizardFoot.tsx'

const bodies: Record<Exclude<StepId, 'review'>, ComponentType> = {
  source: SourceStep,
  identity: IdentityStep,
  size: SizeStep,
  network: NetworkStep,
  system: SystemStep,
  limits: LimitsStep,
}

export interface CreateWizardProps {
  kind: DraftKind
  /** What the address has chosen. */
  chosen: Partial<Draft>
  step: StepId
  goTo: (step: StepId) => void
  /** With the id of the guest, or of the batch. */
  onMade: (id: string, draft: Draft) => void
  onCancel: () => void
}

/** From a source to the plan; what the plan shows is what "create" does. */
export function CreateWizard({ kind, chosen, step, goTo, onMade, onCancel }: CreateWizardProps) {
  const { t } = useTranslation('create')
  const { draft, change } = useDraft(kind, chosen)
  const [checked, setChecked] = useState<ReadonlySet<StepId>>(new Set())
  const body = useMemo(() => (kind === 'guest' ? guestRequest(draft) : batchRequest(draft)), [kind, draft])
  const whole = isWhole(draft, kind)
  const { plan, askedBody, askFor } = useCreationPlan(kind, step === 'review' && whole ? body : undefined)
  const afterwards = {
    onSuccess: ({ id }: { id: string }) => {
      dropDraft(kind)
      onMade(id, draft)
    },
  }
  const guest = useChange('post', '/guests', afterwards)
  const batch = useChange('post', '/batch/create_guest', afterwards)
  const made = kind === 'guest' ? guest : batch
  const error = made.error ?? plan.error
  const seen = step === 'review' ? new Set(steps) : checked
  const refusal = useRefusal({ kind, draft, current: body, checked: seen, body: askedBody, error })

  const leave = (left: StepId, next: () => void) => {
    setChecked((before) => new Set(before).add(left))
    if (left === 'review') create()
    else if (Object.keys(missingOn(left, draft, kind)).length === 0) next()
  }
  const create = () => {
    if (!whole || plan.data === undefined || plan.isFetching || made.isPending) return
    if (kind === 'guest') guest.mutate({ body: guestRequest(draft) })
    else batch.mutate({ body: batchRequest(draft) })
  }
  const moved = (_: unknown, now: WizardStepType, before: WizardStepType) => {
    const left = steps.find((id) => id === before.id)
    if (left) setChecked((all) => new Set(all).add(left))
    // The appliance looks at what there is so far, so that what it refuses is marked before the last step.
    askFor(whole ? body : undefined)
    made.reset()
    const id = steps.find((known) => known === now.id)
    if (id) goTo(id)
  }
  const statusOf = (id: StepId) => (refusal.isWrong(id) && id !== step ? 'error' : 'default')
  return (
    <CreatingContext value={{ kind, draft, change, errorOf: refusal.errorOf, goTo }}>
      <LeavingContext value={leave}>
        <PageSection type="wizard" isFilled hasBodyWrapper={false} aria-label={t('wizard')}>
          <Wizard
            className="create-wizard"
            navAriaLabel={t('wizard')}
            startIndex={steps.indexOf(step) + 1}
            onStepChange={moved}
            footer={
              <WizardFoot
                step={step}
                isReady={whole && plan.data !== undefined && !plan.isFetching && !plan.error}
                isPending={made.isPending}
                onCancel={() => {
                  dropDraft(kind)
                  onCancel()
                }}
              />
            }
          >
            {steps.map((id) => {
              const Body = id === 'review' ? undefined : bodies[id]
              return (
                <WizardStep
                  key={id}
                  id={id}
                  name={t(`step_${id}`)}
                  status={statusOf(id)}
                  body={{ 'aria-label': t(`step_${id}`) }}
                >
                  {Body ? <Body /> : <ReviewStep plan={plan} refusal={refusal} failed={made.error} />}
                </WizardStep>
              )
            })}
          </Wizard>
        </PageSection>
      </LeavingContext>
    </CreatingContext>
  )
}
