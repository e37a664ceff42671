import { ActionGroup, Button, Form } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Note } from '../../ui/Note.tsx'
import { TextField } from '../../ui/TextField.tsx'

const empty = { old: '', new: '', repeat: '' }

/** Changes one's own password; the present one is asked for. */
export function OwnPassword({ name }: { name: string }) {
  const { t } = useTranslation(['profile', 'signIn'])
  const [values, setValues] = useState(empty)
  const change = useChange('put', '/users/{name}/password', { onSuccess: () => setValues(empty) })
  const differ = values.repeat !== '' && values.repeat !== values.new
  const labels = { old: t('oldPassword'), new: t('newPassword'), repeat: t('repeat') }
  const errorOf = (field: keyof typeof empty) =>
    field === 'repeat' && differ ? t('signIn:passwordsDiffer') : fieldError(change.error, field)
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate({ params: { path: { name } }, body: { old: values.old, new: values.new } })
      }}
    >
      {(['old', 'new', 'repeat'] as const).map((field) => (
        <TextField
          key={field}
          id={`password-${field}`}
          label={labels[field]}
          type="password"
          autoComplete={field === 'old' ? 'current-password' : 'new-password'}
          value={values[field]}
          error={errorOf(field)}
          onChange={(text) => setValues({ ...values, [field]: text })}
        />
      ))}
      <Refusal error={otherError(change.error, ['old', 'new'])} />
      {change.isSuccess && <Note kind="success" title={t('passwordChanged')} />}
      <ActionGroup>
        <Button
          type="submit"
          variant="secondary"
          isDisabled={values.old === '' || values.new === '' || values.repeat !== values.new}
          isLoading={change.isPending}
        >
          {t('changePassword')}
        </Button>
      </ActionGroup>
    </Form>
  )
}
