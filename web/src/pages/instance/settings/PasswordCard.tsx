import { Button, Tooltip } from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../../api/client.ts'
import { useMay } from '../../../api/session.ts'
import { fieldError, otherError } from '../../../components/field-error.ts'
import { Refusal } from '../../../components/Refusal.tsx'
import { useDialog } from '../../../components/use-dialog.ts'
import { useMissing } from '../../../components/use-missing.ts'
import { CopyText } from '../../../ui/CopyText.tsx'
import { FormDialog } from '../../../ui/FormDialog.tsx'
import { Note } from '../../../ui/Note.tsx'
import { TextField } from '../../../ui/TextField.tsx'
import type { GuestDetail } from '../use-guest.ts'
import { SettingsCard } from './SettingsCard.tsx'

interface Account {
  user?: string
  password?: string
}

/** The password of a user inside the guest: the last one that was set, and a new one through the agent. */
export function PasswordCard({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation(['instance', 'common'])
  const may = useMay('guest.secret')
  const { dialog, open, close } = useDialog()
  const [account, setAccount] = useState<Account>()
  const params = { path: { id: guest.id } }
  const look = useMutation({
    mutationFn: () => call('get', '/guests/{id}/auth', { params }),
    onSuccess: setAccount,
  })
  const refusal = useMissing('guest.secret')
  const isOff = !guest.running
  const set = (
    <Button variant="secondary" isAriaDisabled={!may || isOff} onClick={() => open('password')}>
      {t('setPassword')}
    </Button>
  )
  const why = refusal ?? (isOff ? t('passwordRunning') : undefined)
  return (
    <SettingsCard title={t('passwordTitle')} text={t('passwordText')}>
      <div className="settings-line">
        <Button
          variant="link"
          isInline
          isDisabled={!may}
          isLoading={look.isPending}
          onClick={() => look.mutate()}
        >
          {t('showPassword')}
        </Button>
        {why === undefined ? set : <Tooltip content={why}>{set}</Tooltip>}
      </div>
      <Refusal error={look.error} />
      {account && <Shown account={account} />}
      {dialog === 'password' && may && (
        <SetPassword
          id={guest.id}
          onClose={close}
          onSet={(shown) => {
            setAccount(shown)
            close()
          }}
        />
      )}
    </SettingsCard>
  )
}

function Shown({ account: { user, password } }: { account: Account }) {
  const { t } = useTranslation('instance')
  if (!password) return <Note kind="info" title={t('noPassword')} />
  return (
    <Note kind="info" title={t('passwordOf', { user })}>
      <CopyText text={password} />
    </Note>
  )
}

interface SetPasswordProps {
  id: string
  onSet: (account: Account) => void
  onClose: () => void
}

function SetPassword({ id, onSet, onClose }: SetPasswordProps) {
  const { t } = useTranslation('instance')
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const set = useMutation({
    mutationFn: () =>
      call('put', '/guests/{id}/auth', { params: { path: { id } }, body: { user, password } }),
    onSuccess: onSet,
  })
  return (
    <FormDialog
      title={t('setPasswordTitle')}
      verb={t('setPasswordVerb')}
      isPending={set.isPending}
      error={<Refusal error={otherError(set.error, ['user', 'password'])} />}
      onSubmit={() => set.mutate()}
      onClose={onClose}
    >
      <TextField
        id="guest-user"
        label={t('user')}
        hint={t('userHint')}
        error={fieldError(set.error, 'user')}
        value={user}
        onChange={setUser}
      />
      <TextField
        id="guest-password"
        type="password"
        autoComplete="new-password"
        label={t('password')}
        hint={t('passwordHint')}
        error={fieldError(set.error, 'password')}
        value={password}
        onChange={setPassword}
      />
    </FormDialog>
  )
}
