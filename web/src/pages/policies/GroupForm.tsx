import { Checkbox, FormSelect, FormSelectOption } from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../api/client.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { OwnerFields, useOwnOwnership } from '../../components/OwnerFields.tsx'
import { actionOf } from '../../components/policy/rules.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TextField } from '../../ui/TextField.tsx'
import type { PolicyGroupView } from './groups-api.ts'

const fields = ['name', 'description', 'user', 'group', 'default_action']

/** Makes a policy group, or changes what is recorded of one. */
export function GroupForm({ group, onClose }: { group?: PolicyGroupView; onClose: () => void }) {
  const { t } = useTranslation(['policies', 'common'])
  const own = useOwnOwnership()
  const [values, setValues] = useState({
    name: group?.name ?? '',
    description: group?.description ?? '',
    user: group?.user ?? own.owner,
    group: group?.group ?? own.group,
    enabled: group?.enabled ?? true,
    global: group?.global ?? false,
    default_action: actionOf(group?.default_action ?? 'accept'),
  })
  const set = (changed: Partial<typeof values>) => setValues({ ...values, ...changed })
  const save = useMutation({
    mutationFn: (): Promise<unknown> =>
      group
        ? call('put', '/security_policy_groups/{id}', { params: { path: { id: group.id } }, body: values })
        : call('post', '/security_policy_groups', { body: values }),
    onSuccess: onClose,
  })
  return (
    <FormDialog
      title={group ? t('editTitle', { name: group.name }) : t('createTitle')}
      verb={group ? t('common:save') : t('common:create')}
      isReady={values.name !== ''}
      isPending={save.isPending}
      error={<Refusal error={otherError(save.error, fields)} />}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TextField
        id="policy-name"
        label={t('common:name')}
        isRequired
        value={values.name}
        error={fieldError(save.error, 'name')}
        onChange={(name) => set({ name })}
      />
      <TextField
        id="policy-description"
        label={t('description')}
        value={values.description}
        error={fieldError(save.error, 'description')}
        onChange={(description) => set({ description })}
      />
      <Field id="policy-default" label={t('defaultAction')} hint={t('defaultHint')}>
        <FormSelect
          id="policy-default"
          value={values.default_action}
          aria-describedby="policy-default-hint"
          onChange={(_, action) => set({ default_action: actionOf(action) })}
        >
          <FormSelectOption value="accept" label={t('accept')} />
          <FormSelectOption value="reject" label={t('reject')} />
        </FormSelect>
      </Field>
      <Checkbox
        id="policy-enabled"
        label={t('enabled')}
        description={t('enabledHint')}
        isChecked={values.enabled}
        onChange={(_, enabled) => set({ enabled })}
      />
      <Checkbox
        id="policy-global"
        label={t('global')}
        description={t('globalHint')}
        isChecked={values.global}
        onChange={(_, global) => set({ global })}
      />
      <OwnerFields
        owner={values.user}
        group={values.group}
        ownerField="user"
        error={save.error}
        onChange={({ owner, group: name }) => set({ user: owner, group: name })}
      />
    </FormDialog>
  )
}
