import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TextField } from '../../ui/TextField.tsx'

/** Makes a role that may nothing yet; its page says what it may. */
export function CreateRole({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['people', 'common'])
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const create = useChange('post', '/roles/{name}', {
    onSuccess: () => void navigate({ to: '/people/roles/$role', params: { role: name } }),
  })
  return (
    <FormDialog
      title={t('createRole')}
      verb={t('common:create')}
      isReady={name !== ''}
      isPending={create.isPending}
      error={<Refusal error={otherError(create.error, ['name'])} />}
      onSubmit={() => create.mutate({ params: { path: { name } }, body: { menu: ['dashboard'] } })}
      onClose={onClose}
    >
      <TextField
        id="role-name"
        label={t('roleName')}
        value={name}
        isRequired
        hint={t('nameHint')}
        error={fieldError(create.error, 'name')}
        onChange={setName}
      />
    </FormDialog>
  )
}
