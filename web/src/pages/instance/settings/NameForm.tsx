import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../../api/client.ts'
import { fieldError } from '../../../components/field-error.ts'
import { isOn, shortName, stateOf } from '../../../components/guest-verbs.ts'
import { TextField } from '../../../ui/TextField.tsx'
import type { GuestDetail } from '../use-guest.ts'
import { SettingsForm } from './SettingsCard.tsx'
import { useSaving } from './use-saving.ts'

export function NameForm({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation(['instance', 'common'])
  const now = shortName(guest)
  const [draft, setName] = useState<string>()
  const name = draft ?? now
  const saving = useSaving()
  const wanted = name.trim()
  const rename = () =>
    call('put', '/guests/{id}/name', { params: { path: { id: guest.id } }, body: { name: wanted } })
  return (
    <SettingsForm
      title={t('nameTitle')}
      isDirty={wanted !== '' && wanted !== now}
      saving={saving}
      fields={['name']}
      refusal={isOn(stateOf(guest)) ? t('renameStopped') : undefined}
      onSave={() => saving.mutate([rename])}
    >
      <TextField
        id="guest-name"
        label={t('common:name')}
        hint={isOn(stateOf(guest)) ? t('renameStopped') : t('nameHint', { group: guest.group })}
        error={fieldError(saving.error, 'name')}
        value={name}
        isRequired
        onChange={setName}
      />
    </SettingsForm>
  )
}
