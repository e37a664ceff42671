import { Button, Tooltip } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useVerbRefusal } from '../../../components/GuestVerbs.tsx'
import { useDialog } from '../../../components/use-dialog.ts'
import { bytesText } from '../../../ui/format.ts'
import type { GuestDetail } from '../use-guest.ts'
import { SettingsCard } from './SettingsCard.tsx'

/** What takes the guest away. */
export function DangerZone({ guest }: { guest: GuestDetail }) {
  const { t, i18n } = useTranslation('instance')
  const { open } = useDialog()
  const refusal = useVerbRefusal()('delete', guest)
  const button = (
    <Button variant="danger" isAriaDisabled={refusal !== undefined} onClick={() => open('delete')}>
      {t('deleteGuest')}
    </Button>
  )
  const size = bytesText(guest.total_disk, i18n.language)
  return (
    <SettingsCard title={t('dangerTitle')} text={t('dangerText', { count: guest.disks.length, size })}>
      {refusal === undefined ? button : <Tooltip content={refusal}>{button}</Tooltip>}
    </SettingsCard>
  )
}
