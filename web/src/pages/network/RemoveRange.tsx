import { useTranslation } from 'react-i18next'
import { usePlan } from '../../api/plan.ts'
import { useChange } from '../../api/query.ts'
import { PlanPreview } from '../../components/PlanPreview.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { Confirm } from '../../ui/Confirm.tsx'
import type { Range, RangeType } from './addresses.ts'

export interface RemoveRangeProps {
  pool: string
  type: RangeType
  range: Range
  onClose: () => void
}

export function RemoveRange({ pool, type, range, onClose }: RemoveRangeProps) {
  const { t, i18n } = useTranslation(['network', 'common'])
  const { start, end, capacity } = range
  const params = { path: { name: pool, type, start } }
  const asked = usePlan('delete', '/address_pools/{name}/{type}/ranges/{start}', { params })
  const remove = useChange('delete', '/address_pools/{name}/{type}/ranges/{start}', { onSuccess: onClose })
  return (
    <Confirm
      title={t('removeRangeTitle', { range: t('range', { start, end }) })}
      verb={t('common:remove')}
      isDanger
      isReady={asked.data !== undefined && !asked.error}
      isPending={remove.isPending}
      error={<Refusal error={remove.error} />}
      onConfirm={() => remove.mutate({ params })}
      onClose={onClose}
    >
      {!asked.error && <p>{t('removeRangeText', { number: capacity.toLocaleString(i18n.language) })}</p>}
      <PlanPreview asked={asked} />
    </Confirm>
  )
}
