import { ActionGroup, Button, Form } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../api/query.ts'
import { TextField } from '../ui/TextField.tsx'
import { fieldError, otherError } from './field-error.ts'
import { Refusal } from './Refusal.tsx'

export interface ProfileFormProps {
  name: string
  user: { nick: string; mail: string }
  isDisabled?: boolean
}

/** Shown name and mail of a user; everybody may change his own. */
export function ProfileForm({ name, user, isDisabled }: ProfileFormProps) {
  const { t } = useTranslation(['people', 'common'])
  const [nick, setNick] = useState(user.nick)
  const [mail, setMail] = useState(user.mail)
  const save = useChange('put', '/users/{name}')
  const isSame = nick === user.nick && mail === user.mail
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate({ params: { path: { name } }, body: { nick, mail } })
      }}
    >
      <TextField
        id="nick"
        label={t('nick')}
        value={nick}
        isDisabled={isDisabled ?? false}
        error={fieldError(save.error, 'nick')}
        onChange={setNick}
      />
      <TextField
        id="mail"
        label={t('mail')}
        type="email"
        value={mail}
        isDisabled={isDisabled ?? false}
        error={fieldError(save.error, 'mail')}
        onChange={setMail}
      />
      <Refusal error={otherError(save.error, ['nick', 'mail'])} />
      <ActionGroup>
        <Button
          type="submit"
          variant="secondary"
          isDisabled={isSame || isDisabled}
          isLoading={save.isPending}
        >
          {t('common:save')}
        </Button>
      </ActionGroup>
    </Form>
  )
}
