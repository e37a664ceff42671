import { Switch } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../../api/client.ts'
import { fieldError } from '../../../components/field-error.ts'
import { TextField } from '../../../ui/TextField.tsx'
import type { GuestDetail } from '../use-guest.ts'
import { SettingsForm } from './SettingsCard.tsx'
import { useSaving } from './use-saving.ts'

/** Whether the guest starts with its host, and in which order. */
export function AutoStartForm({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation('instance')
  const [draftEnable, setEnable] = useState<boolean>()
  const [draftPriority, setPriority] = useState<string>()
  const [draftDelay, setDelay] = useState<string>()
  const enable = draftEnable ?? guest.auto_start
  const priority = draftPriority ?? String(guest.start_priority)
  const delay = draftDelay ?? String(guest.start_delay)
  const saving = useSaving()
  const body = { enable, start_priority: Number(priority), start_delay: Number(delay) }
  const isDirty =
    enable !== guest.auto_start ||
    body.start_priority !== guest.start_priority ||
    body.start_delay !== guest.start_delay
  const save = () => call('put', '/guests/{id}/auto_start', { params: { path: { id: guest.id } }, body })
  return (
    <SettingsForm
      title={t('autoStart')}
      isDirty={isDirty}
      saving={saving}
      fields={['start_priority', 'start_delay']}
      onSave={() => saving.mutate([save])}
    >
      <Switch
        id="auto-start"
        label={t('autoStartLabel')}
        isChecked={enable}
        onChange={(_, isChecked) => setEnable(isChecked)}
      />
      <TextField
        id="start-priority"
        type="number"
        label={t('priority')}
        hint={t('priorityHint')}
        error={fieldError(saving.error, 'start_priority')}
        value={priority}
        onChange={setPriority}
      />
      <TextField
        id="start-delay"
        type="number"
        label={t('delay')}
        hint={t('delayHint')}
        error={fieldError(saving.error, 'start_delay')}
        value={delay}
        onChange={setDelay}
      />
    </SettingsForm>
  )
}
