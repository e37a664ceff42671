import { useTranslation } from 'react-i18next'
import { AutoStartForm } from './settings/AutoStartForm.tsx'
import { CloudInitCard } from './settings/CloudInitCard.tsx'
import { DangerZone } from './settings/DangerZone.tsx'
import { NameForm } from './settings/NameForm.tsx'
import { PasswordCard } from './settings/PasswordCard.tsx'
import { QosForm } from './settings/QosForm.tsx'
import { SecretCard } from './settings/SecretCard.tsx'
import { SizeForm } from './settings/SizeForm.tsx'
import { TagsForm } from './settings/TagsForm.tsx'
import { useGuest } from './use-guest.ts'

/** What can be changed of a guest. What is not being edited follows what others change. */
export function GuestSettings() {
  const { t } = useTranslation('instance')
  const guest = useGuest()
  return (
    <section className="settings-cards" aria-label={t('settings')}>
      <div className="settings-column">
        <SizeForm guest={guest} />
        <NameForm guest={guest} />
        <TagsForm guest={guest} />
        <AutoStartForm guest={guest} />
      </div>
      <div className="settings-column">
        <QosForm guest={guest} />
        <PasswordCard guest={guest} />
        <SecretCard guest={guest} />
        {guest.cloud_init && <CloudInitCard told={guest.cloud_init} />}
        <DangerZone guest={guest} />
      </div>
    </section>
  )
}
