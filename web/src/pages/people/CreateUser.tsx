import { FormSelect, FormSelectOption } from '@patternfly/react-core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../api/client.ts'
import { reading } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TextField } from '../../ui/TextField.tsx'

const fields = ['name', 'password', 'nick', 'mail'] as const

/** Makes a user, and puts him into a group at once: without one he cannot sign in. */
export function CreateUser({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['people', 'common'])
  const { data: groups = [] } = useQuery(reading('/user_groups'))
  const [values, setValues] = useState({ name: '', password: '', nick: '', mail: '', group: '' })
  const { name, password, nick, mail, group } = values
  const create = useMutation({
    mutationFn: async () => {
      await call('post', '/users/{name}', { params: { path: { name } }, body: { password, nick, mail } })
      if (group === '') return
      await call('post', '/user_groups/{name}/members/{user}', {
        params: { path: { name: group, user: name } },
      })
    },
    onSuccess: onClose,
  })
  const labels = { name: t('userName'), password: t('password'), nick: t('nick'), mail: t('mail') }
  return (
    <FormDialog
      title={t('createUser')}
      verb={t('common:create')}
      isReady={name !== '' && password !== ''}
      isPending={create.isPending}
      error={<Refusal error={otherError(create.error, fields)} />}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      {fields.map((field) => (
        <TextField
          key={field}
          id={`user-${field}`}
          label={labels[field]}
          value={values[field]}
          type={field === 'password' ? 'password' : 'text'}
          autoComplete={field === 'password' ? 'new-password' : 'off'}
          isRequired={field === 'name' || field === 'password'}
          error={fieldError(create.error, field)}
          {...(field === 'name' ? { hint: t('nameHint') } : {})}
          onChange={(text) => setValues({ ...values, [field]: text })}
        />
      ))}
      <Field id="user-group" label={t('inGroups')} {...(group === '' ? { hint: t('noGroup') } : {})}>
        <FormSelect
          id="user-group"
          value={group}
          aria-describedby="user-group-hint"
          onChange={(_, value) => setValues({ ...values, group: value })}
        >
          <FormSelectOption value="" label={t('common:none')} />
          {groups.map((entry) => (
            <FormSelectOption key={entry.name} value={entry.name} label={entry.name} />
          ))}
        </FormSelect>
      </Field>
    </FormDialog>
  )
}
