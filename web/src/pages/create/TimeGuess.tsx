import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { PlanSteps } from '../../api/plan.ts'
import { spaceByPool } from '../../api/plan-totals.ts'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { durationText, parseTime } from '../../ui/format.ts'
import { useCreating } from './create-context.ts'
import { copySeconds, usualSeconds } from './duration.ts'

/** How long it may take: as the last ones of its kind did, or by what has to be written at once. */
export function TimeGuess({ plan }: { plan: PlanSteps | undefined }) {
  const { t, i18n } = useTranslation('create')
  const { kind, draft } = useCreating()
  const { data } = useQuery({
    ...reading('/tasks', { params: { query: { kind: 'guest.create', state: 'done', limit: '20' } } }),
    enabled: useMay('task.read'),
  })
  if (plan === undefined) return null
  const usual = data && usualSeconds(data.tasks, parseTime)
  const bytes = spaceByPool(plan).reduce((sum, { bytes }) => sum + bytes, 0)
  const seconds = (usual ?? copySeconds(bytes)) * (kind === 'batch' ? draft.count : 1)
  const time = durationText(Math.ceil(seconds), i18n.language)
  return (
    <p>
      {kind === 'batch'
        ? t('timeOfBatch', { time })
        : usual === undefined
          ? t('timeByBytes', { time })
          : t('timeAsBefore', { time })}
    </p>
  )
}
