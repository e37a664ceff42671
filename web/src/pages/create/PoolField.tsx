import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useCreating } from './create-context.ts'
import { SelectField } from './fields.tsx'

/** The compute pool: it says on which hosts, on which storage and in which network the guest lives. */
export function PoolField() {
  const { t } = useTranslation(['create', 'common'])
  const { draft, change } = useCreating()
  const { data: pools } = useQuery(reading('/compute_pools'))
  const enabled = pools?.filter((pool) => pool.enabled)
  const only = enabled?.length === 1 ? enabled[0]?.name : undefined
  useEffect(() => {
    if (draft.pool === '' && only !== undefined) change({ pool: only })
  }, [draft.pool, only, change])
  const chosen = pools?.find(({ name }) => name === draft.pool)
  return (
    <SelectField
      field="pool"
      label={t('pool')}
      isRequired
      value={draft.pool}
      onChange={(pool) => change({ pool })}
      hint={
        chosen &&
        t('poolHint', {
          storage: chosen.storage || t('common:none'),
          network: chosen.network || t('common:none'),
        })
      }
      options={[
        ...(draft.pool === '' ? [{ value: '', label: t('choosePool') }] : []),
        ...(enabled ?? []).map(({ name }) => ({ value: name, label: name })),
      ]}
    />
  )
}
