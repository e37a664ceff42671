import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../../api/client.ts'
import { fieldError } from '../../../components/field-error.ts'
import { TagsField } from '../../../ui/TagsField.tsx'
import type { GuestDetail } from '../use-guest.ts'
import { SettingsForm } from './SettingsCard.tsx'
import { useSaving } from './use-saving.ts'

/** Words that the guest is found by. */
export function TagsForm({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation('images')
  const [draft, setDraft] = useState<string[]>()
  const tags = draft ?? guest.tags
  const saving = useSaving()
  const save = () =>
    call('put', '/guests/{id}/tags', { params: { path: { id: guest.id } }, body: { tags: [...tags] } })
  return (
    <SettingsForm
      title={t('tags')}
      isDirty={tags.join() !== guest.tags.join()}
      saving={saving}
      fields={['tags']}
      onSave={() => saving.mutate([save])}
    >
      <TagsField id="guest-tags" tags={tags} error={fieldError(saving.error, 'tags')} onChange={setDraft} />
    </SettingsForm>
  )
}
