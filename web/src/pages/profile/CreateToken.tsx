import {
  Button,
  Checkbox,
  ClipboardCopy,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queryClient, useChange } from '../../api/query.ts'
import { useSession } from '../../api/session.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TextField } from '../../ui/TextField.tsx'

const daySeconds = 86_400

/** Makes a token, and shows its secret this once. */
export function CreateToken({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['profile', 'common'])
  const { resource } = useSession()
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const [chosen, setChosen] = useState<readonly string[]>([])
  // The feed tells of tokens only to who manages users.
  const create = useChange('post', '/tokens', {
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ['/tokens'] }),
  })
  if (create.data) return <TokenSecret name={create.data.name} secret={create.data.token} onClose={onClose} />
  const body = {
    name,
    ...(chosen.length > 0 ? { permissions: [...chosen] } : {}),
    ...(days === '' ? {} : { lifetime_seconds: Math.round(Number(days) * daySeconds) }),
  }
  return (
    <FormDialog
      title={t('createToken')}
      verb={t('common:create')}
      isReady={name !== ''}
      isPending={create.isPending}
      error={<Refusal error={otherError(create.error, ['name', 'lifetime_seconds', 'permissions'])} />}
      onSubmit={() => create.mutate({ body })}
      onClose={onClose}
    >
      <TextField
        id="token-name"
        label={t('tokenName')}
        value={name}
        isRequired
        hint={t('tokenNameHint')}
        error={fieldError(create.error, 'name')}
        onChange={setName}
      />
      <TextField
        id="token-days"
        label={t('lifetime')}
        type="number"
        value={days}
        hint={t('lifetimeHint')}
        error={fieldError(create.error, 'lifetime_seconds')}
        onChange={setDays}
      />
      <Field
        id="token-permissions"
        label={t('permissions')}
        hint={t('permissionsHint')}
        error={fieldError(create.error, 'permissions')}
      >
        <div className="choices">
          {resource
            .filter((permission) => permission !== '*')
            .map((permission) => (
              <Checkbox
                key={permission}
                id={`token-${permission}`}
                label={permission}
                isChecked={chosen.includes(permission)}
                onChange={(_, isOn) =>
                  setChosen(isOn ? [...chosen, permission] : chosen.filter((other) => other !== permission))
                }
              />
            ))}
        </div>
      </Field>
    </FormDialog>
  )
}

function TokenSecret({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  const { t } = useTranslation(['profile', 'common'])
  return (
    <Modal isOpen variant="small" aria-labelledby="token-secret-title">
      <ModalHeader title={name} labelId="token-secret-title" description={t('tokenOnce')} />
      <ModalBody>
        <ClipboardCopy
          isReadOnly
          hoverTip={t('common:copy')}
          clickTip={t('common:copied')}
          textAriaLabel={t('tokens')}
          toggleAriaLabel={t('common:copy')}
        >
          {secret}
        </ClipboardCopy>
        <p>{t('tokenUse')}</p>
      </ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>{t('done')}</Button>
      </ModalFooter>
    </Modal>
  )
}
