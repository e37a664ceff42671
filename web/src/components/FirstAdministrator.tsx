import { ActionGroup, Button, Content, Form, TextInput } from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../api/client.ts'
import { ApiError } from '../api/errors.ts'
import { Field } from '../ui/Field.tsx'
import { Refusal } from './Refusal.tsx'

const fields = ['code', 'user', 'password', 'repeat'] as const
const leastPassword = 8

/** Makes the first administrator with the code that the appliance has shown, and signs him in. */
export function FirstAdministrator({ onSignedIn }: { onSignedIn: () => Promise<void> }) {
  const { t } = useTranslation('signIn')
  const [values, setValues] = useState({ code: '', user: 'admin', password: '', repeat: '' })
  const { code, user, password, repeat } = values
  const make = useMutation({
    mutationFn: async () => {
      await call('post', '/system', { body: { code: code.trim(), user, password } })
      await call('post', '/sessions', { body: { user, password } })
    },
    onSuccess: onSignedIn,
  })
  const refused = make.error instanceof ApiError ? make.error : undefined
  const errorOf = (field: (typeof fields)[number]) => {
    if (field === 'repeat' && repeat !== '' && repeat !== password) return t('passwordsDiffer')
    return refused?.field === field ? refused.message : undefined
  }
  const isSecret = (field: string) => field === 'password' || field === 'repeat'
  return (
    <>
      <Content component="p">{t('firstText')}</Content>
      <Form
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate()
        }}
      >
        {fields.map((field) => (
          <Field
            key={field}
            id={field}
            label={t(field)}
            error={errorOf(field)}
            isRequired
            {...(field === 'password' ? { hint: t('passwordHint', { count: leastPassword }) } : {})}
          >
            <TextInput
              id={field}
              type={isSecret(field) ? 'password' : 'text'}
              value={values[field]}
              autoComplete={
                isSecret(field) ? 'new-password' : field === 'user' ? 'username' : 'one-time-code'
              }
              aria-describedby={`${field}-hint`}
              validated={errorOf(field) ? 'error' : 'default'}
              onChange={(_, value) => setValues({ ...values, [field]: value })}
            />
          </Field>
        ))}
        {refused && refused.field === undefined && <Refusal error={refused} />}
        <ActionGroup>
          <Button
            type="submit"
            isBlock
            isLoading={make.isPending}
            isDisabled={code === '' || user === '' || password === '' || repeat !== password}
          >
            {t('firstSubmit')}
          </Button>
        </ActionGroup>
      </Form>
    </>
  )
}
