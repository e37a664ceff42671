import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { Confirm } from '../../ui/Confirm.tsx'
import { bytesText } from '../../ui/format.ts'
import type { Volume } from './ledger-rules.ts'

/** Asks for the name before a volume goes for good. */
export function PurgeVolume({ pool, volumes }: { pool: string; volumes: readonly Volume[] | undefined }) {
  const { t, i18n } = useTranslation(['storage', 'common'])
  const { dialog, of, close } = useDialog()
  const { mutate, isPending, error } = useChange('post', '/storage_pools/{pool}/volumes/{volume}/purge')
  const volume = volumes?.find(({ name }) => name === of)
  if (dialog !== 'purge' || !volume) return null
  const { name, stored, owner_name } = volume
  return (
    <Confirm
      key={name}
      title={t('purgeTitle', { name })}
      verb={t('purge')}
      isDanger
      typed={name}
      isPending={isPending}
      error={<Refusal error={error} />}
      onConfirm={() => mutate({ params: { path: { pool, volume: name } } }, { onSuccess: close })}
      onClose={close}
    >
      <p>{t('purgeText', { size: bytesText(stored, i18n.language) })}</p>
      {owner_name && <p>{t('purgeOwner', { name: owner_name })}</p>}
      <p>{t('common:cannotBeUndone')}</p>
    </Confirm>
  )
}
