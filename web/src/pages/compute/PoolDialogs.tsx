import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { reading, useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { Confirm } from '../../ui/Confirm.tsx'
import { FormDialog } from './FormDialog.tsx'
import { PoolParts } from './PoolParts.tsx'
import { type ComputePool, changeBody, partsOf } from './pool-body.ts'

const fields = ['network_mode', 'network', 'storage', 'failover']

export const poolReading = (pool: string) => reading('/compute_pools/{pool}', { params: { path: { pool } } })

/** The dialogs about one compute pool, of the list and of its own page. */
export function PoolDialogs({ pool }: { pool?: string }) {
  const { dialog, of, close } = useDialog()
  const name = pool ?? of
  if (name === undefined) return null
  if (dialog === 'modify') return <Modify name={name} onClose={close} />
  if (dialog === 'delete') return <Delete name={name} onClose={close} />
  return null
}

function Modify({ name, onClose }: { name: string; onClose: () => void }) {
  const { data } = useQuery(poolReading(name))
  return data ? <ModifyForm pool={data} onClose={onClose} /> : null
}

function ModifyForm({ pool, onClose }: { pool: ComputePool; onClose: () => void }) {
  const { t } = useTranslation(['compute', 'common'])
  const [before] = useState(() => partsOf(pool))
  const [parts, setParts] = useState(before)
  const { mutate, isPending, error } = useChange('put', '/compute_pools/{pool}')
  const body = changeBody(before, parts)
  return (
    <FormDialog
      title={t('modifyTitle', { name: pool.name })}
      verb={t('common:save')}
      isReady={Object.keys(body).length > 0}
      isPending={isPending}
      onSubmit={() => mutate({ params: { path: { pool: pool.name } }, body }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <PoolParts parts={parts} onChange={setParts} errorOf={(field) => fieldError(error, field)} />
      <Refusal error={otherError(error, fields)} />
    </FormDialog>
  )
}

function Delete({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation(['compute', 'common'])
  const navigate = useNavigate()
  const client = useQueryClient()
  const { mutate, isPending, error } = useChange('delete', '/compute_pools/{pool}')
  return (
    <Confirm
      title={t('deleteTitle', { name })}
      verb={t('common:delete')}
      isDanger
      isPending={isPending}
      error={<Refusal error={error} />}
      onConfirm={() =>
        mutate(
          { params: { path: { pool: name } } },
          {
            onSuccess: () => {
              void navigate({ to: '/compute/pools' })
              client.removeQueries({ queryKey: poolReading(name).queryKey })
            },
          },
        )
      }
      onClose={onClose}
    >
      <p>{t('deleteText')}</p>
    </Confirm>
  )
}
