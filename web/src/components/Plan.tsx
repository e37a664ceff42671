import './plan.css'
import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import { type ReactNode, useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { PlanSteps } from '../api/plan.ts'
import { affected, spaceByPool } from '../api/plan-totals.ts'
import { bytesText } from '../ui/format.ts'
import { PlanStep } from './PlanStep.tsx'

/**
 * What a change would do, as a dry run of it tells (`usePlan`, or `plan` of a task): the room it needs, who feels it, and its
 * steps with their exact commands. `children` are further steps, each a `PlanStep`.
 */
export function Plan({ plan, children }: { plan: PlanSteps; children?: ReactNode }) {
  const { t } = useTranslation('plan')
  const id = useId()
  const steps = plan.filter(({ effects }) => effects.length > 0)
  return (
    <div className="plan">
      <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ default: '18ch' }}>
        <Space plan={plan} />
        <Affected plan={plan} />
      </DescriptionList>
      <div id={id} hidden>
        {t('steps')}
      </div>
      {steps.length === 0 && !children ? (
        <p>{t('nothing')}</p>
      ) : (
        <ol className="plan-steps" aria-labelledby={id}>
          {steps.map(({ step, effects }) => (
            <PlanStep key={step} step={step} effects={effects} />
          ))}
          {children}
        </ol>
      )}
    </div>
  )
}

function Space({ plan }: { plan: PlanSteps }) {
  const { t, i18n } = useTranslation('plan')
  const needed = spaceByPool(plan)
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{t('needsAtOnce')}</DescriptionListTerm>
      <DescriptionListDescription>
        {needed.length === 0 && t('needsNothing')}
        {needed.map(({ pool, bytes }) => (
          <div key={pool}>{t('onPool', { pool, size: bytesText(bytes, i18n.language) })}</div>
        ))}
        {needed.length > 0 && <small>{t('spaceHint')}</small>}
      </DescriptionListDescription>
    </DescriptionListGroup>
  )
}

function Affected({ plan }: { plan: PlanSteps }) {
  const { t } = useTranslation('plan')
  const names = affected(plan)
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{t('whoFeelsIt')}</DescriptionListTerm>
      <DescriptionListDescription>
        {names.length === 0 ? t('nobodyElse') : names.map((name) => <div key={name}>{name}</div>)}
      </DescriptionListDescription>
    </DescriptionListGroup>
  )
}
