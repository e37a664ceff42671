import { useTranslation } from 'react-i18next'
import { usePlan } from '../../api/plan.ts'
import { useChange } from '../../api/query.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Confirm } from '../../ui/Confirm.tsx'
import type { PolicyGroupView } from './groups-api.ts'

export interface DeleteGroupProps {
  group: PolicyGroupView
  onClose: () => void
  onDeleted: () => void
}

/** A group that guests use stays; who they are is told before it is asked. */
export function DeleteGroup({ group: { id, name }, onClose, onDeleted }: DeleteGroupProps) {
  const { t } = useTranslation(['policies', 'common'])
  const params = { path: { id } }
  const asked = usePlan('delete', '/security_policy_groups/{id}', { params })
  const remove = useChange('delete', '/security_policy_groups/{id}', { onSuccess: onDeleted })
  return (
    <Confirm
      title={t('deleteTitle', { name })}
      verb={t('common:delete')}
      isDanger
      isReady={asked.data !== undefined && !asked.error}
      isPending={remove.isPending}
      error={<Refusal error={remove.error ?? asked.error} />}
      onConfirm={() => remove.mutate({ params })}
      onClose={onClose}
    >
      {!asked.error && (
        <p>
          {t('deleteText')} {t('common:cannotBeUndone')}
        </p>
      )}
    </Confirm>
  )
}
