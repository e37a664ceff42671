import { Button, Tooltip } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../../api/query.ts'
import { useMay } from '../../../api/session.ts'
import { Refusal } from '../../../components/Refusal.tsx'
import { useDialog } from '../../../components/use-dialog.ts'
import { Confirm } from '../../../ui/Confirm.tsx'
import { CopyText } from '../../../ui/CopyText.tsx'
import type { GuestDetail } from '../use-guest.ts'
import { SettingsCard } from './SettingsCard.tsx'

/** The password of the guest's screen for viewers outside, and a new one. */
export function SecretCard({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation(['instance', 'common'])
  const [isShown, setShown] = useState(false)
  const { dialog, open, close } = useDialog()
  const may = useMay('guest.secret')
  const renew = useChange('put', '/guests/{id}/monitor/secret', { onSuccess: close })
  const button = (
    <Button variant="secondary" isAriaDisabled={!may} onClick={() => open('renewSecret')}>
      {t('renewSecret')}
    </Button>
  )
  return (
    <SettingsCard title={t('secretTitle')} text={t('secretText')}>
      <div className="settings-line">
        {guest.monitor_secret === '' ? (
          t('secretHidden')
        ) : isShown ? (
          <CopyText text={guest.monitor_secret} />
        ) : (
          <Button variant="link" isInline onClick={() => setShown(true)}>
            {t('showSecret')}
          </Button>
        )}
        {may ? (
          button
        ) : (
          <Tooltip content={t('common:missingPermission', { permission: 'guest.secret' })}>{button}</Tooltip>
        )}
      </div>
      {dialog === 'renewSecret' && (
        <Confirm
          title={t('renewTitle')}
          verb={t('renewVerb')}
          isPending={renew.isPending}
          error={<Refusal error={renew.error} />}
          onConfirm={() => renew.mutate({ params: { path: { id: guest.id } } })}
          onClose={close}
        >
          <p>{t('renewText')}</p>
        </Confirm>
      )}
    </SettingsCard>
  )
}
