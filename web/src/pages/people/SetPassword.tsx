import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TextField } from '../../ui/TextField.tsx'

/** A new password for somebody else. */
export function SetPassword({ user, onClose }: { user: string; onClose: () => void }) {
  const { t } = useTranslation('people')
  const [password, setPassword] = useState('')
  const set = useChange('put', '/users/{name}/password', { onSuccess: onClose })
  return (
    <FormDialog
      title={t('setPasswordOf', { name: user })}
      description={t('setPasswordText')}
      verb={t('setPassword')}
      isReady={password !== ''}
      isPending={set.isPending}
      error={<Refusal error={otherError(set.error, ['new'])} />}
      onSubmit={() => set.mutate({ params: { path: { name: user } }, body: { new: password } })}
      onClose={onClose}
    >
      <TextField
        id="new-password"
        label={t('newPassword')}
        type="password"
        autoComplete="new-password"
        isRequired
        value={password}
        error={fieldError(set.error, 'new')}
        onChange={setPassword}
      />
    </FormDialog>
  )
}
