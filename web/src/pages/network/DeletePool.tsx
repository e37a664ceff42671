import { useTranslation } from 'react-i18next'
import { usePlan } from '../../api/plan.ts'
import { useChange } from '../../api/query.ts'
import { PlanPreview } from '../../components/PlanPreview.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { Confirm } from '../../ui/Confirm.tsx'

export interface DeletePoolProps {
  name: string
  onClose: () => void
  onDeleted: () => void
}

export function DeletePool({ name, onClose, onDeleted }: DeletePoolProps) {
  const { t } = useTranslation(['network', 'common'])
  const params = { path: { name } }
  const asked = usePlan('delete', '/address_pools/{name}', { params })
  const remove = useChange('delete', '/address_pools/{name}', { onSuccess: onDeleted })
  return (
    <Confirm
      title={t('deleteTitle', { name })}
      verb={t('common:delete')}
      isDanger
      isReady={asked.data !== undefined && !asked.error}
      isPending={remove.isPending}
      error={<Refusal error={remove.error} />}
      onConfirm={() => remove.mutate({ params })}
      onClose={onClose}
    >
      {!asked.error && <p>{t('deleteText')}</p>}
      <PlanPreview asked={asked} />
    </Confirm>
  )
}
