import { Checkbox } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { reading, useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TextField } from '../../ui/TextField.tsx'

/** Makes a group; its members and quota are set on its page. */
export function CreateGroup({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['people', 'common'])
  const navigate = useNavigate()
  const { data: all = [] } = useQuery(reading('/roles'))
  const [name, setName] = useState('')
  const [display, setDisplay] = useState('')
  const [roles, setRoles] = useState<readonly string[]>([])
  const create = useChange('post', '/user_groups/{name}', {
    onSuccess: () => void navigate({ to: '/people/groups/$group', params: { group: name } }),
  })
  return (
    <FormDialog
      title={t('createGroup')}
      verb={t('common:create')}
      isReady={name !== ''}
      isPending={create.isPending}
      error={<Refusal error={otherError(create.error, ['name', 'display', 'role'])} />}
      onSubmit={() => create.mutate({ params: { path: { name } }, body: { display, role: [...roles] } })}
      onClose={onClose}
    >
      <TextField
        id="group-name"
        label={t('groupName')}
        value={name}
        isRequired
        hint={t('nameHint')}
        error={fieldError(create.error, 'name')}
        onChange={setName}
      />
      <TextField
        id="group-display"
        label={t('display')}
        value={display}
        error={fieldError(create.error, 'display')}
        onChange={setDisplay}
      />
      <Field
        id="group-roles"
        label={t('rolesOfGroup')}
        hint={t('rolesText')}
        error={fieldError(create.error, 'role')}
      >
        <div className="choices">
          {all.map((role) => (
            <Checkbox
              key={role}
              id={`role-${role}`}
              label={role}
              isChecked={roles.includes(role)}
              onChange={(_, isOn) =>
                setRoles(isOn ? [...roles, role] : roles.filter((other) => other !== role))
              }
            />
          ))}
        </div>
      </Field>
    </FormDialog>
  )
}
