import { ActionGroup, Button, Form, TextInput } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../api/query.ts'
import { Field } from '../ui/Field.tsx'
import { Refusal } from './Refusal.tsx'

export function SignInForm({ onSignedIn }: { onSignedIn: () => Promise<void> }) {
  const { t } = useTranslation('signIn')
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useChange('post', '/sessions', { onSuccess: onSignedIn })
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault()
        signIn.mutate({ body: { user, password } })
      }}
    >
      <Field id="user" label={t('user')} isRequired>
        <TextInput
          id="user"
          value={user}
          autoComplete="username"
          autoFocus
          onChange={(_, value) => setUser(value)}
        />
      </Field>
      <Field id="password" label={t('password')} isRequired>
        <TextInput
          id="password"
          type="password"
          value={password}
          autoComplete="current-password"
          onChange={(_, value) => setPassword(value)}
        />
      </Field>
      <Refusal error={signIn.error} />
      <ActionGroup>
        <Button
          type="submit"
          isBlock
          isLoading={signIn.isPending}
          isDisabled={user === '' || password === ''}
        >
          {t('submit')}
        </Button>
      </ActionGroup>
    </Form>
  )
}
