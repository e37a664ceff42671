import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading, useChange } from '../../api/query.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { Confirm } from '../../ui/Confirm.tsx'
import { ModifyPool } from './ModifyPool.tsx'
import { usePool } from './PoolFigures.tsx'

/** The dialogs about one pool, of the list and of its own page. */
export function PoolDialogs({ pool }: { pool?: string }) {
  const { dialog, of, close } = useDialog()
  const name = pool ?? of
  if (name === undefined) return null
  if (dialog === 'modify') return <Modify name={name} onClose={close} />
  if (dialog === 'delete') return <Forget name={name} onClose={close} />
  return null
}

function Modify({ name, onClose }: { name: string; onClose: () => void }) {
  const { data } = usePool(name)
  return data ? <ModifyPool pool={data} onClose={onClose} /> : null
}

function Forget({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation('storage')
  const navigate = useNavigate()
  const client = useQueryClient()
  const { mutate, isPending, error } = useChange('delete', '/storage_pools/{pool}')
  const { queryKey } = reading('/storage_pools/{pool}', { params: { path: { pool: name } } })
  return (
    <Confirm
      title={t('forgetTitle', { name })}
      verb={t('forget')}
      isDanger
      isPending={isPending}
      error={<Refusal error={error} />}
      onConfirm={() =>
        mutate(
          { params: { path: { pool: name } } },
          {
            onSuccess: () => {
              void navigate({ to: '/storage' })
              client.removeQueries({ queryKey })
            },
          },
        )
      }
      onClose={onClose}
    >
      <p>{t('forgetText')}</p>
    </Confirm>
  )
}
